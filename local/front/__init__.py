"""The stack's front page: what runs and how it is, ways in, and buttons for what the world does elsewhere.

`routes` says which addresses there are, `facts` finds what is shown, `acts` does what the buttons say, `guard` lets
nobody but the page itself press them, `look` fills in templates, `site` is the sample page on an origin of its own.
"""
