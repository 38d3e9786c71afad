# Prints database, table and number of rows of the $1 largest tables of every database. Reading them to the end also
# finds pages that cannot be read.
list_rows() {
  local name table
  while IFS= read -r name; do
    database=$name
    while IFS= read -r table; do
      printf '%s\t%s\t%s\n' "$name" "$table" "$(ask -v table="$table" <<< 'select count(*) from only :table')"
    done < <(ask -v largest="$1" << 'SQL'
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and c.relpersistence = 'p'
 order by pg_relation_size(c.oid) desc, 1 limit :largest
SQL
    )
  done < <(ask -c 'select datname from pg_database where datallowconn and not datistemplate order by datname')
  database=postgres
}
