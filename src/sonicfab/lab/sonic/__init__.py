"""SONiC's own command names on a lab switch, with the behaviour of the real ones.

This package runs inside the switch, on any Python 3.10+ without further packages: it imports nothing of sonicfab.
Each module names the SONiC source whose behaviour it follows; docs/lab.md tells what is followed and what is not.
"""
