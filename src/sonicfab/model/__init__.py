"""What users write: the inventory and the topology, as pydantic models.

They end at the plan: everything after it works on frozen dataclasses.
"""
