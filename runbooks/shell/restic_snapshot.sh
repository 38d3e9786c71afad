# Prints the id of the snapshot to restore from the repository $1: $2 where that is named, else the newest one of the
# path $4 that is not younger than $3 (UTC).
restic_snapshot() {
  local found
  if [ -n "$2" ]; then
    found=$(restic --repo "$1" --no-cache --no-lock snapshots --compact "$2" | awk '$1 ~ /^[0-9a-f]+$/ { print $1; exit }')
  else
    found=$(TZ=UTC restic --repo "$1" --no-cache --no-lock snapshots --path "$4" |
      NOT_AFTER=$3 awk '$1 ~ /^[0-9a-f]+$/ && $2 ~ /^[0-9]+-[0-9]+-[0-9]+$/ && $2 " " $3 <= ENVIRON["NOT_AFTER"] { newest = $1 } END { print newest }')
  fi
  if [ -z "$found" ]; then
    printf 'the repository has no such snapshot\n' >&2
    return 1
  fi
  printf '%s\n' "$found"
}
