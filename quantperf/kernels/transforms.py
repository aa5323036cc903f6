"""Functions of each value by itself; see `elementwise`.

The processor's libm gives sine, logarithm and their like one value at a time, as it does to TA-Lib.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels.elementwise import each_bar

acos = each_bar(np.arccos, 1, "acos", __name__)
asin = each_bar(np.arcsin, 1, "asin", __name__)
atan = each_bar(np.arctan, 1, "atan", __name__)
ceil = each_bar(np.ceil, 1, "ceil", __name__)
cos = each_bar(np.cos, 1, "cos", __name__)
cosh = each_bar(np.cosh, 1, "cosh", __name__)
exp = each_bar(np.exp, 1, "exp", __name__)
floor = each_bar(np.floor, 1, "floor", __name__)
ln = each_bar(np.log, 1, "ln", __name__)
log10 = each_bar(np.log10, 1, "log10", __name__)
sin = each_bar(np.sin, 1, "sin", __name__)
sinh = each_bar(np.sinh, 1, "sinh", __name__)
sqrt = each_bar(np.sqrt, 1, "sqrt", __name__)
tan = each_bar(np.tan, 1, "tan", __name__)
tanh = each_bar(np.tanh, 1, "tanh", __name__)
