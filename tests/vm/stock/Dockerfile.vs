FROM sonicfab/light:test
# it has neither systemd nor containers nor sudo in it, and one user
RUN cd /usr/local/bin && rm docker vtysh systemctl systemd-run sudo sonic-boot
COPY supervisord supervisorctl /usr/local/bin/
COPY start.sh /usr/bin/
COPY wires.sh /usr/local/lib/sonic/
ENV USER=root
ENTRYPOINT ["/usr/local/bin/supervisord"]
