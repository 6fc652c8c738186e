/* ssmtranslate: what of a subtitle file changes, and what not
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "gst/subtitle/document.h"

/* Spans as the element gives them back. */
#define S0 "<span foreground=\"#a00000\">"
#define S1 "<span foreground=\"#a00100\">"
#define S2 "<span foreground=\"#a00200\">"
#define E "</span>"
#define ASS_HEAD                                                                                   \
  "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, "         \
  "MarginR, MarginV, Effect, Text\n"
#define ASS_LINE "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,"

typedef struct {
  const char *name, *file, *input;
  const char *reads;  /* markup of the units, '|' between */
  const char *writes; /* the same of the translation; NULL: as they are */
  const char *output; /* NULL: the input to the byte */
} Case;

static const Case cases[] = {
  { "srt", "a.srt",
      "1\n00:00:01,000 --> 00:00:02,500 X1:1 X2:2\n<i>Where</i> is she?\n\n2\n00:00:03,000 --> "
      "00:00:04,000\n- Yes.\n- No.\n",
      S0 "Where" E " is she?|- Yes.\n- No.", "Wo ist " S0 "sie" E "?|- Ja.\n- Nein.",
      "1\n00:00:01,000 --> 00:00:02,500 X1:1 X2:2\nWo ist <i>sie</i>?\n\n2\n00:00:03,000 --> "
      "00:00:04,000\n- Ja.\n- Nein.\n" },
  { "srt, nothing changed", "a.SRT",
      "\n\n1 \n0:0:1,0 --> 00:00:02.5\nA &lt; B, 1 < 2 {x} <x> AT&T\n\n\n\n99\n00:01:00,000 --> "
      "00:01:01,000\n\n100\n00:01:02,000 --> 00:01:03,000\nend",
      "A &lt; B, 1 &lt; 2 {x} &lt;x&gt; AT&amp;T|end", NULL,
      "\n\n1 \n0:0:1,0 --> 00:00:02.5\nA < B, 1 < 2 {x} <x> AT&T\n\n\n\n99\n00:01:00,000 --> "
      "00:01:01,000\n\n100\n00:01:02,000 --> 00:01:03,000\nend" },
  { "srt, colours, codes", "a.srt",
      "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<FONT color=\"#ff0000\">Red "
      "{\\i1}house{\\i0}</font>\n",
      S0 "Red " S1 "house" E E, S1 S0 "Haus" E E " " S0 "rot" E,
      "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}{\\i1}<FONT color=\"#ff0000\">Haus</font>{\\i0} "
      "<FONT color=\"#ff0000\">rot</font>\n" },
  { "srt, an empty line within", "a.srt",
      "1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree",
      "One|Two|Three", "Eins|Zwei|Drei",
      "1\n00:00:01,000 --> 00:00:02,000\nEins\n\nZwei\n\n2\n00:00:03,000 --> 00:00:04,000\nDrei" },
  { "srt, nested wrongly", "a.srt", "1\n00:00:01,000 --> 00:00:02,000\n<i>a <b>b</i> c</b> <u>d\n",
      S0 "a " S1 "b" E E " " S1 "c" E " " S2 "d" E, NULL,
      "1\n00:00:01,000 --> 00:00:02,000\n<i>a <b>b</b></i> <b>c</b> <u>d</u>\n" },
  { "vtt", "a.vtt",
      "WEBVTT x\nKind: captions\nLanguage: en\n\nSTYLE\n::cue { color: red }\n\nNOTE a --> b\n\n"
      "id\n00:01.000 --> 1:00:02.000 line:0 align:start\n<v Ann Lee>Where &amp; <c.yellow.bold>when"
      "</c>?</v>\n<v Bob>I <00:01.500>see &lt;3\n\nNOTE end\n",
      S0 "Where &amp; " S1 "when" E "?" E "|" S0 "I see &lt;3" E,
      S0 S1 "Wann" E " &amp; wo?" E "|" S0 "Ich sehe &lt;3" E,
      "WEBVTT x\nKind: captions\nLanguage: pt\n\nSTYLE\n::cue { color: red }\n\nNOTE a --> b\n\n"
      "id\n00:01.000 --> 1:00:02.000 line:0 align:start\n<v Ann Lee><c.yellow.bold>Wann"
      "</c> &amp; wo?</v>\n<v Bob>Ich sehe &lt;3</v>\n\nNOTE end\n" },
  { "vtt, ruby and language", "a.vtt",
      "WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>kan<rt>x</rt>ji<rt>y</rt></ruby> <lang "
      "en>is</lang>\n",
      "kanji is", "kanji ist", "WEBVTT\n\n00:01.000 --> 00:02.000\nkanji ist\n" },
  { "ass", "a.ass",
      ASS_HEAD "Comment: 0,0:00:01.00,0:00:02.00,x,,0,0,0,,note\n" ASS_LINE
               "{\\an8\\fs20}I have {\\i1}never{\\i0} seen,\\Nhim, no\\n one\n",
      "I have " S0 "never" E " " S1 "seen,\nhim, no  one" E, S0 "Nie" E S1 " sah ich\nihn" E,
      ASS_HEAD "Comment: 0,0:00:01.00,0:00:02.00,x,,0,0,0,,note\n" ASS_LINE
               "{\\an8}{\\fs20}{\\i1}Nie {\\i0}sah ich\\Nihn\n" },
  { "ass, words change places", "a.ssa", ASS_HEAD ASS_LINE "a {\\c&HFF&\\b1}b {\\r}c{\\pos(1,2)}\n",
      "a " S0 "b" E " " S1 "c" E, S1 "c" E " a " S0 "b" E,
      ASS_HEAD ASS_LINE "{\\pos(1,2)}{\\r}c {\\r}a {\\c&HFF&\\b1}b\n" },
  { "ass, drawings and syllables", "a.ass",
      ASS_HEAD ASS_LINE "{\\p1}m 0 0 l 1 1{\\p0}\n" ASS_LINE "{\\k20}Ka{\\kf5}ra{a note}\n" ASS_LINE
                        "\n" ASS_LINE "{\\t(0,5,\\fs9)\\fad(1,2)}x\\hy",
      "Kara|x\302\240y", "Kara|z\302\240y",
      ASS_HEAD ASS_LINE "{\\p1}m 0 0 l 1 1{\\p0}\n" ASS_LINE "Kara\n" ASS_LINE "\n" ASS_LINE
                        "{\\t(0,5,\\fs9)\\fad(1,2)}z\\hy" },
  { "ttml", "a.ttml",
      "<?xml version=\"1.0\"?>\n<tt xmlns=\"urn:x\" xml:lang=\"en-GB\"><!-- c --><head><x/></head>"
      "<body>\n <div>\n  <p begin=\"1s\" end=\"2s\">\n   A &amp; <span tts:color=\"red\">B</span>"
      "<br/>\n  C </p>\n  <p begin=\"3s\" end=\"4s\"/>\n </div></body></tt>\n",
      "A &amp; " S0 "B" E "\nC", S0 "b" E "\n&amp; a c",
      "<?xml version=\"1.0\"?>\n<tt xmlns=\"urn:x\" xml:lang=\"pt\"><!-- c --><head><x/></head>"
      "<body>\n <div>\n  <p begin=\"1s\" end=\"2s\"><span tts:color=\"red\">b</span>"
      "<br/>&amp; a c</p>\n  <p begin=\"3s\" end=\"4s\"/>\n </div></body></tt>\n" },
  { "ttml, spans with times", "a.dfxp",
      "<tt:tt><tt:p>x<tt:span begin=\"1s\" end=\"2s\">a</tt:span> <tt:br/><tt:span begin=\"2s\" "
      "end=\"3s\">b</tt:span></tt:p></tt:tt>",
      "x|a|b", "y|c|d",
      "<tt:tt><tt:p>y<tt:span begin=\"1s\" end=\"2s\">c</tt:span><tt:span begin=\"2s\" "
      "end=\"3s\">d</tt:span></tt:p></tt:tt>" },
};

static SubDocument *
parse (const Case *c)
{
  const SubFormat *format = sub_format_find (c->file);
  g_autoptr (GError) error = NULL;
  SubDocument *document;

  g_assert_nonnull (format);
  document = sub_document_parse (format, c->input, strlen (c->input), NULL, &error);
  g_assert_no_error (error);
  return document;
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (SubDocument) document = parse (c);
  g_autoptr (GString) reads = g_string_new (NULL);
  g_auto (GStrv) writes = g_strsplit (c->writes ? c->writes : c->reads, "|", -1);
  g_autofree char *output = NULL;
  gsize length;

  for (guint i = 0; i < document->units->len; i++)
    g_string_append_printf (reads, "%s%s", i > 0 ? "|" : "",
        sub_text_get_markup (g_array_index (document->units, SubUnit, i).text));
  g_assert_cmpstr (reads->str, ==, c->reads);
  output = sub_document_write (document, writes, "pt", &length);
  g_assert_cmpstr (output, ==, c->output ? c->output : c->input);
  g_assert_cmpuint (length, ==, strlen (output));
}

static void
test_times (void)
{
  g_autoptr (SubDocument) document = parse (&cases[0]);
  const SubUnit *units = (const SubUnit *) document->units->data;

  g_assert_cmpuint (units[0].start, ==, 1 * GST_SECOND);
  g_assert_cmpuint (units[0].end, ==, 2500 * GST_MSECOND);
  g_assert_cmpuint (sub_time_read ("1:02:03.5", NULL), ==, 3723500 * GST_MSECOND);
  g_assert_cmpuint (sub_time_read ("01:02,25", NULL), ==, 62250 * GST_MSECOND);
  g_assert_cmpuint (sub_time_read ("12", NULL), ==, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint (sub_time_read ("x", NULL), ==, GST_CLOCK_TIME_NONE);
}

static void
test_bytes (void)
{
  static const struct {
    const char *bytes;
    gsize length;
    const char *encoding, *output;
  } files[] = {
    { "1\r\n00:00:01,000 --> 00:00:02,000\r\nCaf\xe9\r\n", 40, NULL,
        "1\r\n00:00:01,000 --> 00:00:02,000\r\nCaf\303\251\r\n" },
    { "\xef\xbb\xbf"
      "1\n00:00:01,000 --> 00:00:02,000\nx\n",
        37, NULL,
        "\xef\xbb\xbf"
        "1\n00:00:01,000 --> 00:00:02,000\nx\n" },
    { "1\r00:00:01,000 --> 00:00:02,000\rx\r", 34, NULL, "1\n00:00:01,000 --> 00:00:02,000\nx\n" },
    { "1\n00:00:01,000 --> 00:00:02,000\n\xcf\xf0\xe8\n", 36, "WINDOWS-1251",
        "1\n00:00:01,000 --> 00:00:02,000\n\320\237\321\200\320\270\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (SubDocument) document = sub_document_parse (
        &sub_format_srt, files[i].bytes, files[i].length, files[i].encoding, &error);
    g_autofree char *output = NULL;
    gsize length;

    g_assert_no_error (error);
    output = sub_document_write (document, NULL, NULL, &length);
    g_assert_cmpstr (output, ==, files[i].output);
  }
}

static void
test_utf16 (void)
{
  g_autofree char *bytes = NULL, *output = NULL;
  g_autoptr (SubDocument) document = NULL;
  gsize length;

  bytes = g_convert ("\xef\xbb\xbf"
                     "1\n00:00:01,000 --> 00:00:02,000\n\303\274\n",
      -1, "UTF-16LE", "UTF-8", NULL, &length, NULL);
  document = sub_document_parse (&sub_format_srt, bytes, length, NULL, NULL);
  g_assert_nonnull (document);
  output = sub_document_write (document, NULL, NULL, &length);
  g_assert_cmpstr (output, ==,
      "\xef\xbb\xbf"
      "1\n00:00:01,000 --> 00:00:02,000\n\303\274\n");
}

static void
test_bad (void)
{
  static const struct {
    const SubFormat *format;
    const char *bytes;
  } files[] = {
    { &sub_format_srt, "no cue\n" },
    { &sub_format_vtt, "1\n00:01.000 --> 00:02.000\nx\n" },
    { &sub_format_ass, "[Events]\nDialogue: 0,1\n" },
    { &sub_format_ttml, "<tt><p>x</tt>" },
    { &sub_format_ttml, "{}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (sub_document_parse (
        files[i].format, files[i].bytes, strlen (files[i].bytes), NULL, &error));
    g_assert_nonnull (error);
  }
}

/* More marks than the element can carry: the rest is plain, and nothing is lost. */
static void
test_many_spans (void)
{
  g_autoptr (GString) text = g_string_new ("1\n00:00:01,000 --> 00:00:02,000\n");
  g_autoptr (SubDocument) document = NULL;
  g_autofree char *output = NULL;
  gsize length;

  for (guint i = 0; i < 40; i++)
    g_string_append_printf (text, "<font color=\"#0000%02x\">w%u</font> ", i, i);
  document = sub_document_parse (&sub_format_srt, text->str, text->len, NULL, NULL);
  output = sub_document_write (document, NULL, NULL, &length);
  g_assert_nonnull (strstr (output, "<font color=\"#00001f\">w31</font> w32 w33"));
  g_assert_nonnull (strstr (output, "w39"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/subtitle/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/subtitle/times", test_times);
  g_test_add_func ("/subtitle/bytes", test_bytes);
  g_test_add_func ("/subtitle/utf-16", test_utf16);
  g_test_add_func ("/subtitle/bad files", test_bad);
  g_test_add_func ("/subtitle/many spans", test_many_spans);
  return g_test_run ();
}
