"""python-dxf: pushes a file as a blob, names it, reads it back, mounts it elsewhere, and deletes both."""

import hashlib
import json
import sys

from dxf import DXF

asked = json.load(sys.stdin)


def open_repository(name):
    def log_in(repository, response):
        repository.authenticate(asked["user"], asked["password"], response=response)

    return DXF(asked["host"], name, auth=log_in, insecure=asked.get("insecure", False), tlsverify=asked.get("ca", True))


def sha256(pieces):
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


repository = open_repository(asked["name"])
done = {}
blob = done["pushed"] = repository.push_blob(asked["file"])
done["manifest"] = repository.set_alias("one", blob)
repository.set_alias("two", blob)
done["aliases"] = list(repository.list_aliases())
done["blobs of one"] = repository.get_alias("one")
done["size"] = repository.blob_size(blob)
done["pulled"] = sha256(repository.pull_blob(blob))
done["repositories"] = list(repository.list_repos(iterate=True))
other = open_repository(asked["other"])
other.mount_blob(asked["name"], blob)
done["mounted"] = sha256(other.pull_blob(blob))
if asked["delete"]:
    repository.del_alias("one")
    done["left"] = list(repository.list_aliases())
    repository.del_blob(blob)
print(json.dumps(done))
