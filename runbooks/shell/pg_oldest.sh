# Prints the $1 oldest tables of the present database, the oldest first; one counts as old as the rows kept apart for it.
oldest_tables() {
  ask -v most="$1" << 'SQL'
select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_class t on t.oid = c.reltoastrelid
 where c.relkind in ('r', 'm') and c.relpersistence <> 't'
 order by greatest(age(c.relfrozenxid), coalesce(age(t.relfrozenxid), 0)) desc, 1 limit :most
SQL
}
