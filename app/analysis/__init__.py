"""The bridge between rows and numbers: reads rows into arrays, asks the core, returns its answers; writes nothing."""
