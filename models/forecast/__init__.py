"""Daily ticket volume ahead: a pooled event ridge with intervals calibrated at every level."""
