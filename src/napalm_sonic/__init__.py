"""Where NAPALM looks for its driver `sonic`: napalm.get_network_driver("sonic")."""

from sonicfab.napalm.driver import SonicDriver

__all__ = ["SonicDriver"]
