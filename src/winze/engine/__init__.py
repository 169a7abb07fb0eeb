"""The functional core: values in, values out. No file, clock, network or solver."""
