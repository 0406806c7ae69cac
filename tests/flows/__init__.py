"""The walks of the house, end to end, through its public doors."""
