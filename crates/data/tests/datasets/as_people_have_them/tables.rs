//! Tables of texts.

use super::*;

#[test]
fn tables() {
    const TABLE: &str = "text\tlabel\nthe film\tpos\na story\tneg\n";
    let both = Ok("2 + 1 of neg,pos; ");
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let tried = vec![
        ("plain", table(TABLE), both),
        ("of Windows", table(TABLE.replace('\n', "\r\n")), both),
        (
            "both line ends",
            table(TABLE.replacen('\n', "\r\n", 2)),
            both,
        ),
        ("no line end at the end", table(TABLE.trim_end()), both),
        (
            "empty lines at the end",
            table(format!("{TABLE}\n\n")),
            both,
        ),
        ("byte order mark", table(format!("\u{feff}{TABLE}")), both),
        (
            "UTF-16 of Windows",
            table(marked(&[0xff, 0xfe], utf16(TABLE, u16::to_le_bytes))),
            both,
        ),
        (
            "UTF-16, big-endian",
            table(marked(&[0xfe, 0xff], utf16(TABLE, u16::to_be_bytes))),
            both,
        ),
        (
            "UTF-16 without a mark",
            table(utf16(TABLE, u16::to_le_bytes)),
            Err("UTF-16 without the mark"),
        ),
        (
            "Latin-1",
            table(b"text\tlabel\ncaf\xe9\tpos\na\tneg\n"),
            Err("line 2: it is not in UTF-8"),
        ),
        (
            "columns changed over",
            table("label\ttext\npos\tthe film\nneg\ta story\n"),
            both,
        ),
        (
            "a column more",
            table("id\ttext\tlabel\n7\tthe film\tpos\n8\ta story\tneg\n"),
            both,
        ),
        (
            "index of pandas",
            table("\ttext\tlabel\n0\tthe film\tpos\n1\ta story\tneg\n"),
            both,
        ),
        (
            "blanks around names",
            table("text \t label\nthe film\t pos\na story\tneg \n"),
            both,
        ),
        (
            "quotes of pandas",
            table("text\tlabel\n\"the \"\"film\"\"\"\tpos\na story\tneg\n"),
            both,
        ),
        (
            "a quote alone",
            table("text\tlabel\n\"the film\tpos\na story\tneg\n"),
            Ok("2 + 1 of neg,pos"),
        ),
        (
            "other scripts",
            table("text\tlabel\nthe 電影 😀\tpos\nа\u{301} story\tneg\n"),
            both,
        ),
        (
            "a text without words",
            table(format!("{TABLE}\tneg\n")),
            Ok("left out 1 of"),
        ),
        (
            "labels that are numbers",
            table("text\tlabel\na\t10\nthe\t2\na\tpos\n"),
            Ok("of 10,2,pos"),
        ),
        (
            "no header",
            table("the film\tpos\na story\tneg\n"),
            Err("no column \"label\" but"),
        ),
        (
            "commas",
            table(TABLE.replace('\t', ",")),
            Err("no column \"label\" but [\"text,label\"]"),
        ),
        (
            "another header",
            table(TABLE.replace("text\t", "sentence\t")),
            Err("no column \"text\" but [\"sentence\""),
        ),
        (
            "a tab within a text",
            table(format!("{TABLE}the\tend\tneg\n")),
            Err("line 4"),
        ),
        (
            "a line without a label",
            table(format!("{TABLE}the end\t\n")),
            Err("line 4: it has no label"),
        ),
        ("empty", table(""), Err("no column")),
        (
            "a header alone",
            table("text\tlabel\n"),
            Err("train.tsv has no line with a label"),
        ),
        (
            "gzip",
            table(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0"),
            Err("gunzip"),
        ),
        ("a pointer of Git LFS", table(POINTER), Err("git lfs pull")),
        ("a page of a server", table(PAGE), Err("web page")),
    ];
    check("tables", tried);
}
