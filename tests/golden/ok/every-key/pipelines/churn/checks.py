def totals_agree(rows):
    return rows["age"] >= 0
