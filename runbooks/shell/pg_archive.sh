# Prints the archive_command that keeps each segment once below the directory $1: never over a different one, and on disk
# before it counts as kept. A segment that is there with the same content was kept by a run that could not say so.
archive_into() {
  local to
  to=$(as_shell_word "$1")
  to=${to//\%/%%}
  printf 'test -f %s/%%f && cmp -s %%p %s/%%f || { test ! -f %s/%%f && cp %%p %s/.%%f.part && sync %s/.%%f.part && mv %s/.%%f.part %s/%%f && sync %s; }' \
    "$to" "$to" "$to" "$to" "$to" "$to" "$to" "$to"
}
