# Options that keep every attribute, times to the nanosecond, as far as this rsync knows them.
options=(--archive --hard-links --sparse --numeric-ids --modify-window=-1)
capabilities=$(rsync --version)
case "$capabilities" in *'no ACLs'*) ;; *) options+=(--acls) ;; esac
case "$capabilities" in *'no xattrs'*) ;; *) options+=(--xattrs) ;; esac
