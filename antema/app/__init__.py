"""The dashboard: `state` says what happens, `panels` show it, `jobs` do the long work beside it.

`messages` holds every text, ``static`` the style sheet and the few controls that ipywidgets lacks,
and `launch` starts Voila with the settings that large micrographs need.
"""
