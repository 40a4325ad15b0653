"""The same driver by a name that nobody else has: napalm.get_network_driver("sonicfab").

Other distributions have a `custom_napalm.sonic`, too; which of them NAPALM takes is a matter of the order of sys.path.
"""

from sonicfab.napalm.driver import SonicDriver

__all__ = ["SonicDriver"]
