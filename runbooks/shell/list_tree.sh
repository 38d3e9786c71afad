# Prints every entry below $1, NUL-terminated and sorted: kind, mode, owner, time, size, link target; the
# SHA-256 of each file; which names are one file. Two trees are alike exactly where this prints the same.
list_tree() (
  export LC_ALL=C
  if [ ! -d "$1" ] || [ -L "$1" ]; then
    find "$1" -printf '%y %m %U:%G %T@ %s %l\t.\0'
    if [ ! -L "$1" ]; then
      sha256sum --zero < "$1"
    fi
    exit
  fi
  cd -- "$1"
  {
    find . -type d -printf 'd %m %U:%G %T@ - \t%p\0' -o -type s -o -printf '%y %m %U:%G %T@ %s %l\t%p\0'
    find . -type f -print0 | xargs -0 -r sha256sum --zero --
    last=
    first=
    find . ! -type d -links +1 -printf '%D:%i/%p\0' | sort -z |
      while IFS= read -r -d '' record; do
        if [ "${record%%/*}" = "$last" ]; then
          printf 'link %s\t%s\0' "$first" "${record#*/}"
        else
          last=${record%%/*}
          first=${record#*/}
        fi
      done
  } | sort -z
)
