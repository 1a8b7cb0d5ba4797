"""The command line `holdfast`: one module per sub-command, each thin: parse, call, print, exit status."""
