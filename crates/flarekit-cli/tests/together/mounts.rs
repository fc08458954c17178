//! A disk that is really full, and one that cannot be written. Where the machine lets nobody mount,
//! the tests say so and pass, unless `FLAREKIT_REQUIRE_MOUNTS=1`.

use std::process::{Command, Stdio};

use crate::common::{Machine, Sandbox, skipped};

/// Runs a shell script that may mount, in a name space of its own: nothing of it is left. In it,
/// `flarekit` is `"$flarekit"`.
fn in_own_mounts(m: &Machine, script: &str) -> bool {
    let shell = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-m", "/bin/sh", "-ec", script]).current_dir(&m.cwd).stdin(Stdio::null());
        command.env("HOME", &m.home).env("flarekit", assert_cmd::cargo::cargo_bin("flarekit"));
        command.output()
    };
    let possible = "mkdir -p mount && mount -t tmpfs -o size=64k none mount";
    let tried = shell(possible);
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        let required = std::env::var_os("FLAREKIT_REQUIRE_MOUNTS").is_some_and(|v| v == "1");
        assert!(!required, "FLAREKIT_REQUIRE_MOUNTS=1, but mounting fails: {tried:?}");
        skipped("mounting is not possible here");
        return false;
    }
    let output = shell(script).unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    true
}

/// What each command is refused with on a disk that takes nothing more, and that it leaves nothing.
/// `room` leaves so many KiB free.
const TRY: &str = r#"
room() {
  rm -f mount/filler
  free=$(df -k --output=avail mount | tail -1)
  dd if=/dev/zero of=mount/filler bs=1k count=$((free - $1)) 2>/dev/null
}
# SQLite leaves its empty side files when it cannot close properly; whoever opens the ledger next
# clears them away.
listing() {
  find mount -not -name 'ledger.db-*' -type d -printf '%P %m\n' -o \
    -not -name 'ledger.db-*' -printf '%P %m %s\n' | sort
}
refused() {
  listing >before
  if "$flarekit" "$@" --format json >answer 2>errors; then
    [ "$may_succeed" = yes ] && { succeeded=yes; return 0; }
    echo "succeeded: $*"; exit 1
  else
    status=$?
  fi
  [ "$status" = 1 ] || { echo "exit $status: $*"; cat answer; exit 1; }
  grep -q '"error_code":"OUTPUT_DIR_NOT_WRITABLE"' answer || { cat answer; exit 1; }
  listing >after
  cmp before after || { diff before after; echo "left something: $*"; exit 1; }
}
may_succeed=no
"#;

fn prepared(sandbox: &Sandbox) -> Machine {
    let m = sandbox.seeded("m");
    m.init();
    m.approve("hospital-a.yaml", "hospital-a");
    m.ok("cert request -p alice.yaml");
    m
}

/// With less and less room: whatever is refused leaves nothing, and what is not is whole.
#[test]
fn a_full_disk() {
    let sandbox = Sandbox::new();
    let m = prepared(&sandbox);
    let script = format!(
        "{TRY}{}",
        r#"
mount -t tmpfs -o size=512k none mount
cp -a ca mount/ca
each() {
  refused cert init --profile project_profile.yaml -o mount/new
  refused cert request -p server.yaml --out mount/request
  refused cert approve alice@hospital-alpha.org/alice@hospital-alpha.org.request.zip \
    -c ca --profile project_profile.yaml --out mount/alice.signed.zip
  refused package hospital-a/hospital-a.signed.zip --request-dir hospital-a -w mount/workspace
}
room 0; each
may_succeed=yes
for kib in 4 8 12 16 24 32 48; do
  room "$kib"; each
  rm -rf mount/new mount/request mount/workspace mount/alice.signed.zip
done
[ "$succeeded" = yes ]
may_succeed=no
room 0
refused cert approve alice@hospital-alpha.org/alice@hospital-alpha.org.request.zip \
  -c mount/ca --profile project_profile.yaml --out fresh.signed.zip
[ ! -e fresh.signed.zip ]
for command in 'cert list' 'audit verify' 'audit export' 'cert expiring' 'cert crl'; do
  refused $command -c mount/ca
  grep -q '"reason":"LEDGER_NO_ROOM"' answer
done
rm mount/filler
"$flarekit" audit verify -c mount/ca
[ "$(ls mount/ca | tr '\n' ' ')" = "ca.json ledger.db rootCA.key rootCA.pem " ]
"#
    );
    in_own_mounts(&m, &script);
}

/// The first approval and the first denial of a CA make its ledger. Where that runs out of room,
/// there is none, and no answer to the request; where it does not, the ledger has the entry.
#[test]
fn a_ledger_begins_whole_or_not_at_all() {
    let sandbox = Sandbox::new();
    let m = sandbox.seeded("m");
    m.init();
    m.ok("cert request -p alice.yaml");
    let script = format!(
        "{TRY}{}",
        r#"
zip=alice@hospital-alpha.org/alice@hospital-alpha.org.request.zip
mount -t tmpfs -o size=1m none mount
may_succeed=yes
made=0; not_made=0
for command in approve deny; do
  case $command in
    approve) set -- cert approve "$zip" --profile project_profile.yaml --out answer.zip ;;
    deny) set -- cert deny "$zip" --reason no --out answer.zip ;;
  esac
  for kib in $(seq 8 8 256); do
    # Else what was approved before would be taken into the new ledger.
    rm -rf mount/ca mount/filler answer.zip "$HOME/.nvflare/cert_approves"
    cp -a ca mount/ca
    room "$kib"
    succeeded=no
    refused "$@" -c mount/ca
    if [ "$succeeded" = yes ]; then
      [ -s answer.zip ]
      "$flarekit" audit verify -c mount/ca >/dev/null || { echo "$command with $kib KiB"; exit 1; }
      made=$((made + 1))
    else
      [ ! -e answer.zip ]
      not_made=$((not_made + 1))
    fi
  done
done
[ "$made" -gt 0 ] && [ "$not_made" -gt 0 ]
"#
    );
    in_own_mounts(&m, &script);
}

#[test]
fn a_disk_that_cannot_be_written() {
    let sandbox = Sandbox::new();
    let m = prepared(&sandbox);
    let script = format!(
        "{TRY}{}",
        r#"
mount -t tmpfs none mount
cp -a ca hospital-a alice@hospital-alpha.org mount/
odd=$(printf 'mount/k\303\266ln \377%%41?#')
cp -a ca "$odd"
mount -o remount,ro mount
refused cert init --profile project_profile.yaml -o mount/new
refused cert request -p server.yaml --out mount/request
refused cert approve alice@hospital-alpha.org/alice@hospital-alpha.org.request.zip \
  -c mount/ca --profile project_profile.yaml --out fresh.signed.zip
refused package hospital-a/hospital-a.signed.zip --request-dir hospital-a -w mount/workspace
[ ! -e fresh.signed.zip ]
# Reading needs no writing.
"$flarekit" audit verify -c mount/ca
"$flarekit" cert list -c mount/ca
"$flarekit" audit verify -c "$odd"
"$flarekit" package mount/hospital-a/hospital-a.signed.zip --request-dir mount/hospital-a -w kits
"#
    );
    in_own_mounts(&m, &script);
}

/// An account that may do nothing special meets what belongs to another one.
#[test]
fn an_account_without_rights() {
    let sandbox = Sandbox::new();
    let m = prepared(&sandbox);
    let script = r#"
chmod 711 "$(dirname "$(dirname "$PWD")")"; chmod 755 . ca hospital-a alice@hospital-alpha.org
chmod 644 */*.zip */request.json ca/ca.json
cp "$flarekit" ./program; chmod 755 program
mkdir -m 777 theirs
before=$(mktemp)
trap 'rm -f "$before"' EXIT
refused() {
  code=$1; shift
  if HOME=/ setpriv --reuid=65534 --regid=65534 --clear-groups \
    ./program "$@" --format json >answer 2>errors; then
    echo "succeeded: $*"; exit 1
  fi
  grep -q "\"error_code\":\"$code\"" answer || { cat answer; exit 1; }
}
find . -printf '%P %m %s\n' | grep -v '^answer\|^errors' | sort >"$before"
refused CA_LOAD_FAILED cert approve alice@hospital-alpha.org/alice@hospital-alpha.org.request.zip \
  -c ca --profile project_profile.yaml --out theirs/out.signed.zip
refused OUTPUT_DIR_NOT_WRITABLE cert request -p hospital-a.yaml --out mine
refused OUTPUT_DIR_NOT_WRITABLE cert init --profile project_profile.yaml -o mine
refused KEY_INVALID package hospital-a/hospital-a.signed.zip --request-dir hospital-a -w theirs/w
find . -printf '%P %m %s\n' | grep -v '^answer\|^errors' | sort | cmp - "$before"
"#;
    in_own_mounts(&m, script);
}

/// What cannot be moved in one step, because it is a file system of its own.
#[test]
fn a_mount_in_the_way_is_told_as_that() {
    let sandbox = Sandbox::new();
    let m = prepared(&sandbox);
    m.ok("package hospital-a/hospital-a.signed.zip");
    m.ok("package hospital-a/hospital-a.signed.zip --force");
    let script = format!(
        "{TRY}{}",
        r#"
project=workspace/hospital_federation
for place in "$project/prod_00/hospital-a" "$project/prod_00" "$project/.bak"; do
  mount --bind "$place" "$place"
  find "$project" -printf '%P %m %s\n' | sort >was
  refused package hospital-a/hospital-a.signed.zip --force
  grep -q '"reason":"MOUNT_IN_THE_WAY"' answer || { cat answer; exit 1; }
  find "$project" -printf '%P %m %s\n' | sort | cmp - was
  umount "$place"
done
"$flarekit" package hospital-a/hospital-a.signed.zip --force
"#
    );
    in_own_mounts(&m, &script);
}
