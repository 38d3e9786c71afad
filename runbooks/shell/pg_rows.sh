# Prints database, table and number of rows of the $1 largest tables of every database. Reading them to the end also
# finds pages that cannot be read. A recovery that is paused within a command holds the locks of that command: with
# the second argument `locked`, a table that is locked is named instead of counted.
list_rows() {
  local name table rows
  lock_timeout=3s
  while IFS= read -r name; do
    database=$name
    while IFS= read -r table; do
      if [ "${2-}" = locked ]; then
        if ! rows=$(ask -v table="$table" <<< 'select count(*) from only :table' 2>&1); then
          case "$rows" in
            *'lock timeout'*) rows='locked by the command at which the recovery paused' ;;
            *)
              printf '%s\n' "$rows" >&2
              return 1
              ;;
          esac
        fi
      else
        rows=$(ask -v table="$table" <<< 'select count(*) from only :table')
      fi
      printf '%s\t%s\t%s\n' "$name" "$table" "$rows"
    done < <(ask -v largest="$1" << 'SQL'
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and c.relpersistence = 'p'
 order by c.relpages desc, 1 limit :largest
SQL
    )
  done < <(ask -c 'select datname from pg_database where datallowconn and not datistemplate order by datname')
  database=postgres
  lock_timeout=0
}
