# Renames the database $1 to $2, where it is there, and $3 to $1. Settings and rights that belong to the database and not
# to what is in it are copied from the one to the other before. What is renamed away takes no connections.
swap() {
  local setting grant is_there
  database=postgres
  is_there=$(ask -v name="$1" <<< "select count(*) from pg_database where datname = :'name'")
  if [ "$is_there" = 0 ]; then
    disconnect "$3"
    ask -v live="$1" -v new="$3" <<< 'alter database :"new" rename to :"live"'
    ask -v live="$1" <<< 'alter database :"live" allow_connections true'
    return
  fi
  while IFS= read -r setting; do
    ask -v new="$3" -v setting="$setting" <<< 'alter database :"new" set :setting'
  done < <(ask -v live="$1" << 'SQL'
select format('%I to %s', split_part(one, '=', 1),
              case when split_part(one, '=', 1) in ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries')
                   then substr(one, strpos(one, '=') + 1) else quote_literal(substr(one, strpos(one, '=') + 1)) end)
  from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) one
 where d.datname = :'live' and s.setrole = 0
SQL
  )
  if [ "$(ask -v live="$1" <<< "select datacl is null from pg_database where datname = :'live'")" = f ]; then
    ask -v new="$3" <<< 'revoke all on database :"new" from public'
    while IFS= read -r grant; do
      ask -v new="$3" -v privilege="${grant%% *}" -v grantee="${grant#* }" <<< 'grant :privilege on database :"new" to :grantee'
    done < <(ask -v live="$1" << 'SQL'
select format('%s %s', a.privilege_type, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
  from pg_database d, aclexplode(d.datacl) a where d.datname = :'live'
SQL
    )
  fi
  ask -v new="$3" -v role="$(ask -v live="$1" <<< "select quote_ident(pg_get_userbyid(datdba)) from pg_database where datname = :'live'")" <<< 'alter database :"new" owner to :role'
  disconnect "$1"
  disconnect "$3"
  ask --single-transaction -v live="$1" -v old="$2" -v new="$3" << 'SQL'
alter database :"live" rename to :"old";
alter database :"new" rename to :"live";
SQL
  ask -v live="$1" <<< 'alter database :"live" allow_connections true'
}

# Closes the database $1 to connections, and ends those there are.
disconnect() {
  ask -v name="$1" << 'SQL' > /dev/null
alter database :"name" allow_connections false;
select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' and pid <> pg_backend_pid();
SQL
  local left=1 tries=0
  while [ "$left" != 0 ] && [ "$tries" -lt 600 ]; do
    left=$(ask -v name="$1" <<< "select count(*) from pg_stat_activity where datname = :'name'")
    tries=$((tries + 1))
    [ "$left" = 0 ] || sleep 0.1
  done
  [ "$left" = 0 ]
}
