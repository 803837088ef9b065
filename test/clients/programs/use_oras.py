"""python oras: logs in with a password, or takes a token, and does one thing with one repository."""

import json
import sys

from oras.client import OrasClient

asked = json.load(sys.stdin)
host = asked["host"]
name = f"{host}/{asked['name']}"
client = OrasClient(hostname=host, insecure=True, auth_backend=asked["backend"])
if "token" in asked:
    client.auth.set_token_auth(asked["token"])
else:
    client.login(hostname=host, username=asked["user"], password=asked["password"])

if asked["do"] == "push":
    answer = client.push(files=asked["files"], target=f"{name}:v1", disable_path_validation=True)
    result = answer.status_code
elif asked["do"] == "pull":
    result = client.pull(target=f"{name}:v1", outdir=asked["to"])
elif asked["do"] == "tags":
    result = client.get_tags(name)
elif asked["do"] == "delete":
    result = client.delete_tags(name, asked["tags"])
else:
    sys.exit(f"cannot {asked['do']}")
print(json.dumps(result))
