# Keeps one PostgreSQL server in a folder of its own, as the user that this runs as. Obeys commands that come as lines, and
# answers each with what it says and a last line `done` or `failed`. When the commands end, because the test has ended, however
# it did, the server is stopped and its folder removed.
#
# Arguments: the folder of PostgreSQL's programs, a free port, `disk` or `memory`, and for a standby where the server runs that
# it follows.
set -eu
bin=$1 port=$2 place=$3 primary=${4-}
cd /
parent=/tmp
# A thousand databases take about 10 GiB.
if [ "$place" = memory ] && [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 12000000 ]; then
  parent=/dev/shm
fi
folder=$(mktemp -d "$parent/chinwag-postgres-XXXXXX")
data=$folder/data
end() {
  "$bin/pg_ctl" stop --silent --pgdata "$data" --mode immediate >/dev/null 2>&1 || :
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' HUP INT TERM

if [ -z "$primary" ]; then
  "$bin/initdb" --pgdata "$data" --username chinwag --auth trust --encoding UTF8 --locale C --no-sync >"$folder/log"
  {
    echo 'host all needs_password 127.0.0.1/32 scram-sha-256'
    echo 'host all not_let_in 127.0.0.1/32 reject'
  } | cat - "$data/pg_hba.conf" >"$folder/hba"
  cat "$folder/hba" >"$data/pg_hba.conf"
else
  "$bin/pg_basebackup" --pgdata "$data" --dbname "$primary" --write-recovery-conf --checkpoint fast --no-sync
fi
cat >>"$data/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 500
shared_buffers = 64MB
fsync = on
CONF
chmod 755 "$folder"

obey() {
  case $1 in
    start) "$bin/pg_ctl" start --silent --wait --pgdata "$data" --log "$folder/log" ;;
    stop) "$bin/pg_ctl" stop --silent --wait --pgdata "$data" --mode "$2" ;;
    promote) "$bin/pg_ctl" promote --silent --wait --pgdata "$data" ;;
    reload) "$bin/pg_ctl" reload --silent --pgdata "$data" ;;
    set) echo "$2" >>"$data/postgresql.conf" ;;
    sql) "$bin/psql" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 \
      --host "$folder" --port "$port" --username chinwag --dbname "$2" --command "$3" ;;
    pgbench) echo "$3" >"$folder/script"
      set -- $2
      "$bin/pgbench" --no-vacuum --file "$folder/script" --protocol prepared --client "$2" --time "$3" \
        --host "$folder" --port "$port" --username chinwag "$1" ;;
    copy) "$bin/pg_dump" --host "$folder" --port "$port" --username chinwag --file "$folder/dump" "$2" &&
      "$bin/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --output /dev/null \
        --host "$folder" --port "$port" --username chinwag --dbname "$3" --file "$folder/dump" ;;
    # The server refuses a key that others can read, or that others own.
    tls) cp "$2" "$data/server.crt" && cp "$3" "$data/server.key" && chmod 600 "$data/server.key" &&
      echo 'ssl = on' >>"$data/postgresql.conf" ;;
  esac 2>&1
}

echo "$folder"
tab=$(printf '\t')
while IFS=$tab read -r command first second; do
  if obey "$command" "$first" "$second" </dev/null; then echo done; else echo failed; fi
done
