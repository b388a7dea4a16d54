"""The constants of theme finding, in one place.

Chosen on public short-text intents with MiniLM embeddings; another embedding model needs another
TARGET_COHESION, as its cosines lie elsewhere.
"""

from __future__ import annotations

# The graph: each text is tied to its nearest neighbours.
NEIGHBOURS = 25
LEAST_NEIGHBOURS = 5
# Louvain is run at rising resolution until themes are this cohesive (mean cosine between members, centred).
# 0.46 to 0.50 groups public intents alike; the lower, the fewer themes say the same thing twice: of 60 problems of
# a simulated operation 0.46 makes 60 themes, 0.48 makes 80.
TARGET_COHESION = 0.46
RESOLUTIONS = tuple(0.5 * 2 ** (step / 4) for step in range(29))  # 0.5 to 64
# Long, rambling texts never get that cohesive: once groups would be smaller than this on average, a broad
# resolution is taken instead of hundreds of fragments.
LEAST_MEAN_SIZE = 15
BROAD_RESOLUTION = 2.8
# Runs whose agreement makes the final grouping; with 10, two seeds agree to an ARI of .964, with 20 to .983.
CONSENSUS_RUNS = 20

# A theme of fewer distinct texts is not shown by itself; its texts go to the nearest theme or to Other.
MINIMUM_DISTINCT = 10
# A text less like its theme's centre than this (centred cosine) is told apart as Other.
FAR_FROM_EVERYTHING = 0.15

# Beyond this many distinct texts the themes are found on a sample and the rest is assigned.
FIT_AT_MOST = 60_000

# How much is held in memory at once: rows of a cosine matrix, and columns of which only the best is sorted.
ROWS_PER_BLOCK = 1_024
COLUMNS_PER_GROUP = 16
ROWS_CENTRED_AT_ONCE = 16_384

# Copies are looked for among this many nearest neighbours.
COPY_NEIGHBOURS = 5

# Naming.
PHRASE_WORDS = (1, 6)
PHRASES_PER_THEME = 80
# What is added to a phrase's closeness to its theme: for the share of texts that say it (square root), and for how
# much nearer it is to its theme than to the next. Payment questions: labels right .77 without the margin, .80 with it.
SHARE_WEIGHT = 0.15
MARGIN_WEIGHT = 0.5
ONE_WORD_COST = 0.1
# A phrase is left out where this share of the texts that say it say the same longer phrase.
PART_OF_LONGER = 0.6
PHRASES_APART = 0.75
DESCRIPTION_CHARACTERS = 240
EXAMPLES = 6
EXAMPLES_CHOSEN_FROM = 60  # the most central tickets
EXAMPLE_CHARACTERS = 1_000
# What is read for naming: the most central texts of a theme, their first words.
TEXTS_READ_PER_THEME = 150
WORDS_READ_PER_TEXT = 60

# A new text belongs to a template's theme only if it is this close to it (centred cosine).
TEMPLATE_COSINE = 0.95
