# Asks the server behind the directory of its socket, as its administrator: no .psqlrc, no question for a password, an end
# at the first error. The name of the database goes through the environment, where it is never read as more than a name.
database=postgres
lock_timeout=0
ask() {
  PGDATABASE="$database" PGOPTIONS="-c lock_timeout=$lock_timeout" "$bindir/psql" -X -w -q -A -t -v ON_ERROR_STOP=1 -h "$socket" -p "$port" -U "$superuser" "$@"
}
