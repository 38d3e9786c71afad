{% if control == 'systemd' %}
unit={{ unit }}
server_stop() { systemctl stop -- "$unit"; }
server_start() { systemctl start -- "$unit"; }
{% elif control == 'pg_ctlcluster' %}
version={{ postgres.version }}
cluster={{ cluster }}
server_stop() { pg_ctlcluster --mode=fast "$version" "$cluster" stop; }
server_start() { pg_ctlcluster "$version" "$cluster" start; }
{% else %}
data_directory={{ data_directory }}
patience={{ limits.restore }}
server_stop() { "$bindir/pg_ctl" stop -s -w -t "$patience" -m fast -D "$data_directory"; }
server_start() { "$bindir/pg_ctl" start -s -w -t "$patience" -D "$data_directory" -l "$data_directory.log"; }
{% endif %}
# Prints 0 where the server takes connections, 1 where it refuses them, 2 where nobody answers.
server_answer() {
  local answer=0
  "$bindir/pg_isready" -q -h "$socket" -p "$port" || answer=$?
  printf '%s\n' "$answer"
}
