"""Names of the files in a training run's folder."""

#: The weights with the best validation metric, and those of the last saved step.
BEST_WEIGHTS, LAST_WEIGHTS = "best.npz", "last.npz"

#: Everything that a resumed run needs.
STATE_FILE = "state.npz"
