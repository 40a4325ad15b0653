"""Where NAPALM looks first for its driver `sonic`: napalm.get_network_driver("sonic").

There is no __init__.py beside it: others may have drivers of theirs in `custom_napalm`, too. NAPALM's other place for
drivers, a module napalm_sonic, stops its command line: that asks for a distribution of the name of every module that
begins with `napalm` (cl_napalm.py check_installed_packages), and this distribution is called sonicfab.
"""

from sonicfab.napalm.driver import SonicDriver

__all__ = ["SonicDriver"]
