# Renames $1 to $2, which must be free. A directory must be writable to get another parent.
move_tree() {
  if [ -e "$2" ] || [ -L "$2" ]; then
    printf '%s is in the way\n' "$2" >&2
    return 1
  fi
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    local mode
    mode=$(stat --format=%a -- "$1")
    chmod u+w -- "$1"
    mv -T -- "$1" "$2"
    chmod "$mode" -- "$2"
  else
    mv -T -- "$1" "$2"
  fi
}
