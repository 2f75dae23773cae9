"""How any function is served: the helper package that ships with every bundle. It knows no table by heart."""

import gc
import sys
from types import ModuleType

# Whatever is loaded while a function starts stays. Frozen, the garbage collector does not walk through it again and
# again during the imports that follow, and pages that nobody touches stay shared with the process that forked us.
gc.freeze()

# Sixteen requests under way hold more objects than the usual 700, and leave no garbage that is a circle: collections
# that begin so early find nothing, and cost a tenth of each request.
gc.set_threshold(10_000, 10, 10)

# pydantic would search every installed package for plugins, with a large part of the standard library; there are none.
_no_plugins = ModuleType("pydantic.plugin._loader")
vars(_no_plugins)["get_plugins"] = tuple
sys.modules.setdefault(_no_plugins.__name__, _no_plugins)
