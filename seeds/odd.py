"""Text that is easily damaged: quotes, line breaks, markup, and characters beyond the basic plane."""

ODD_NAMES = ("𠮷田 O'Neil", '阿依"古丽"', "欧阳\\娜娜 🙂")
ODD_TEXTS = (
    '他说:"暖气\\不热",\n第二行\t还有制表符。',
    "<script>alert('x')</script> &amp; %s {0} $1 :name --",
    "e\u0301 与 \u00e9,行分隔\u2028段分隔\u2029零宽\u200b完。",
)
