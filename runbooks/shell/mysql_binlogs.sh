# Prints the names of the binary logs in the directory $1 from the one called $2 on, oldest first; where $3 is not -,
# up to that one. Fails where one between them is missing, or the one to start or to end with is.
binlogs_from() {
  local base number name next=
  base=${2%.*}
  if [ ! -f "$1/$2" ]; then
    printf '%s has no binary log %s, with which the replay must start\n' "$1" "$2" >&2
    return 1
  fi
  while read -r name; do
    number=${name##*.}
    if [ $((10#$number)) -lt $((10#${2##*.})) ]; then
      continue
    fi
    if [ -n "$next" ] && [ $((10#$number)) -ne "$next" ]; then
      printf 'between the binary logs of %s one is missing before %s\n' "$1" "$name" >&2
      return 1
    fi
    next=$((10#$number + 1))
    printf '%s\n' "$name"
    if [ "$name" = "$3" ]; then
      return 0
    fi
  done < <(find "$1" -maxdepth 1 -type f -regextype posix-extended -regex '.*\.[0-9]{6,}' -printf '%f\n' | awk -v base="$base." 'index($0, base) == 1' | LC_ALL=C sort --version-sort)
  if [ "$3" != - ]; then
    printf '%s has no binary log %s, with which the replay must end\n' "$1" "$3" >&2
    return 1
  fi
}
