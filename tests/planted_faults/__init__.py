"""Faults that an operator meets, each planted on a running stack and undone: the doctor is to name every one."""

from .in_functions import DEPLOYED
from .in_keys import KEYS
from .in_others import DELIVERIES, OTHERS
from .in_schema import SCHEMA
from .in_state import STATE
from .planting import Fault as Fault
from .planting import Scene as Scene
from .planting import planted as planted

FAULTS = (*SCHEMA, *STATE, *KEYS, *OTHERS, *DELIVERIES, *DEPLOYED)
