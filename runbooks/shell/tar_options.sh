# Options that keep attributes beyond mode and owner, where this tar knows them.
attributes=()
if tar --create --acls --xattrs --file /dev/null --files-from /dev/null 2> /dev/null; then
  attributes=(--acls --xattrs)
  if [ "$(id -u)" -eq 0 ]; then
    attributes+=('--xattrs-include=*')
  fi
fi
