#!/bin/sh
# What shows of sonic-buildimage master platform/vs/docker-sonic-vs/start.sh: it looks for its interfaces once, so they
# have to be there; a config in /var/sonic takes the place of its own, by mv; bgpd is not among what it starts.
set -e
sh /usr/local/lib/sonic/wires.sh
mkdir -p /run/redis /run/frr /run/sonic /var/log/frr /etc/sonic
chown frr:frr /run/frr /var/log/frr
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
if [ -f /var/sonic/config_db.json ]; then cp /var/sonic/config_db.json /etc/sonic/config_db.json; fi
sonic-cfggen -j /etc/sonic/config_db.json --print-data > /tmp/config_db.json
mv /tmp/config_db.json /etc/sonic/config_db.json
redis-server --port 0 --unixsocket /run/redis/redis.sock --unixsocketperm 777 --save '' --daemonize yes > /dev/null
until [ -S /run/redis/redis.sock ]; do sleep 0.1; done
sonic-cfggen -j /etc/sonic/config_db.json --write-to-db
supervisorctl start zebra
supervisorctl start staticd
sonic-db-cli CONFIG_DB set CONFIG_DB_INITIALIZED 1 # the daemons of swss react to it
