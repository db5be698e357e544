"""Features of a run (tracks, exports, effects ...): their options, and the transforms and sinks that they build."""
