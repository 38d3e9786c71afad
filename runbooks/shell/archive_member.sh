# Prints the name under which the archive $1 holds the tree $2: its whole path, its last name, or . where the tree
# is the archive's root. $3 and further are all trees in the archive; its first entry tells how they are named.
archive_member() {
  local first other
  first=$(tar --list --force-local --quoting-style=literal --file "$1" | sed -n 1p)
  for other in "${@:3}"; do
    case "$first" in
      "./${other#/}" | "./${other#/}"/*)
        printf './%s\n' "${2#/}"
        return
        ;;
      "$other" | "$other"/*)
        printf '%s\n' "$2"
        return
        ;;
      "${other#/}" | "${other#/}"/*)
        printf '%s\n' "${2#/}"
        return
        ;;
      "${other##*/}" | "${other##*/}"/*)
        printf '%s\n' "${2##*/}"
        return
        ;;
    esac
  done
  printf '.\n'
}
