"""TensorFlow as the worker starts it: quiet, and on one thread."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from shared.domain.errors import Unavailable


def import_tensorflow() -> Any:
    """Raises Unavailable where it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    try:
        import tensorflow
    except ImportError as error:
        raise Unavailable("TensorFlow, which computes this model, is not installed.") from error
    tensorflow.get_logger().setLevel("ERROR")
    with suppress(RuntimeError):  # too late in a process that has computed with more threads already
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return tensorflow
