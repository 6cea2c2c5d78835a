"""How long tests wait. Only one that fails waits so long: what is awaited is there in a fraction of it, except on a machine
that is busy with other things, where everything takes many times as long.
"""

PATIENCE_S = 60.0  # for what should be there soon
START_PATIENCE_S = 120.0  # for a process that has to start, or a camera whose picture is drawn and encoded first

# A server whose event loop is late takes no new clients (LIVEHUB_ADMISSION_LAG_MS_MAX). On a busy machine it is late for no
# reason of its own; tests of anything else switch that off.
LAG_MS_MAX = 60_000.0
