"""How any function is served: the helper package that ships with every bundle. It knows no table by heart."""
