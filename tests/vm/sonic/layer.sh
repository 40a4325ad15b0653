#!/bin/sh
# Makes a machine with systemd a SONiC switch of the lab: layer.sh FOLDER, where its files and units are, and `ports`.
set -eu
folder=$1
# what systemd, sudo and their programs do themselves here
rm -f "$folder"/usr/local/bin/systemctl "$folder"/usr/local/bin/systemd-run "$folder"/usr/local/bin/sudo \
  "$folder"/usr/local/bin/sonic-boot "$folder"/files/etc/ssh/sshd_config "$folder"/files/etc/pam.d/frr
for program in "$folder"/usr/local/bin/*; do
  name=${program##*/}
  if grep -q '/run.py ' "$program"; then
    printf '#!/bin/sh\nexec /usr/bin/python3 -S -s -E /usr/local/lib/sonic/unit.py program %s "$@"\n' "$name" > "$program"
  fi
done
cp -r --preserve=mode "$folder/usr/." /usr/
cp -r --preserve=mode "$folder/files/." /
cp "$folder/unit.py" /usr/local/lib/sonic/unit.py
install -m 755 "$folder/cut.sh" /usr/local/lib/sonic/cut.sh
python3 -m compileall -q /usr/local/lib/sonic
mkdir -p /opt/frr /etc/sonic/frr
ln -sfn /usr/bin/vtysh /opt/frr/vtysh
rm -rf /etc/frr && ln -s sonic/frr /etc/frr   # the bgp container and the host see one folder
chown -R frr:frr /etc/sonic/frr
chmod 750 /etc/sonic/frr
[ ! -e /etc/sonic/frr/frr.conf ] || chmod 640 /etc/sonic/frr/frr.conf
# ports: the far ends are where nothing is plugged in
{
  echo "link add eth0 address $(cat "$folder/mac") type bridge"
  awk '{ print "link add " $1 " type veth peer name u" NR " netns unplugged" }' "$folder/ports"
  awk -v mac="$(cat "$folder/mac")" '{ print "link set " $1 " address " mac }' "$folder/ports"
} > /usr/local/lib/sonic/ports
if [ ! -e /sys/class/net/vm0 ]; then   # a box has no such way in
  mkdir -p /etc/systemd/system/vm-network.service.d
  printf '[Service]\nExecStart=\nExecStart=/bin/true\n' > /etc/systemd/system/vm-network.service.d/box.conf
  systemctl reset-failed
fi
cp "$folder"/units/* /usr/lib/systemd/system/
systemctl daemon-reload
systemctl enable --quiet platform-ports database config-setup sonic.target swss teamd bgp lldp
