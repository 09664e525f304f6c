"""The steps. A file is named as its revision, NNNN_words.py, and the highest is the head."""
