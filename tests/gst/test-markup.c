/* ssmtranslate: tables of the markup of cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-markup.h"
#include "tests/growth.h"

#include <stdlib.h>
#include <string.h>

#define U CUE_FORMAT_UTF8
#define P CUE_FORMAT_PANGO

/* --- what is sent to the translator ---------------------------------------- */

static const struct {
  const char *name;
  CueFormat format;
  const char *text;
  const char *parts; /* sources divided by '|' */
} parts[] = {
  { "plain", U, "Good morning.", "Good morning." },
  { "lines", U, "Good\nmorning.", "Good morning." },
  { "crlf", U, "Good\r\nmorning.\r\n", "Good morning." },
  { "italic", P, "<i>Good morning.</i>", "Good morning." },
  { "middle", P, "Good <b>morning</b>.", "Good morning." },
  { "entities", P, "Tom &amp; Jerry &lt;3 &#39;n&#x27; &quot;co&quot;",
      "Tom & Jerry <3 'n' \"co\"" },
  { "entity unknown", P, "a &nix; b & c &", "a &nix; b & c &" },
  { "entity bad number", P, "a&#0;b&#x110000;c", "a\357\277\275b\357\277\275c" },
  { "entity twice", P, "Q&amp;amp;A &amp;lt;3", "Q&A <3" },
  { "entity in utf8", U, "Q&amp;A, R&D", "Q&A, R&D" },
  { "entity is no tag", P, "&lt;i&gt;x", "<i>x" },
  { "voice", P, "<v Roger>Hello</v>", "Hello" },
  { "voice in utf8", U, "<v Roger Bing>Hello</v>", "Hello" },
  { "class", U, "<c.yellow.bg>Hello</c> you", "Hello you" },
  { "time stamp", U, "Never <00:00:01.000>drink", "Never drink" },
  { "unknown in pango", P, "a <blink>b</blink>", "a b" },
  { "unknown in utf8", U, "a <blink>b</blink>", "a <blink>b</blink>" },
  { "less than", U, "a <b and c> d", "a <b and c> d" },
  { "less than in pango", P, "1 < 2, a<", "1 < 2, a<" },
  { "heart", U, "I <3 you", "I <3 you" },
  { "break", U, "one<br>two<br/>three", "one two three" },
  { "upper case", U, "<I>Hi</I> <FONT COLOR=red>x</FONT>", "Hi x" },
  { "not closed", P, "<i>Hi <b", "Hi <b" },
  { "code first", U, "{\\an8}Up here", "Up here" },
  { "code later", U, "Up {\\i1}here{\\i0}", "Up here" },
  { "brace", U, "a {b} c", "a {b} c" },
  { "dialogue", U, "- Hi.\n- Hello.", "Hi.|Hello." },
  { "dialogue, long", U, "-Hi,\nyou.\n-Hello.", "Hi, you.|Hello." },
  { "dialogue, half", U, "Hi.\n- Hello.", "Hi.|Hello." },
  { "dialogue, tags", P, "- <i>Hi.</i>\n- Hello.", "Hi.|Hello." },
  { "dash, inner", U, "He went\n- at last - home.", "He went - at last - home." },
  { "dash, number", U, "-5 degrees", "-5 degrees" },
  { "dash, em", U, "\342\200\224 Salut.\n\342\200\224 \303\207a va ?", "Salut.|\303\207a va ?" },
  { "chevrons", U, ">> Good evening.", "Good evening." },
  { "music", U, "\342\231\252 La la \342\231\252", "La la" },
  { "music, lines", U, "\342\231\252 La la\nla \342\231\252", "La la la" },
  { "control", U, "a\001b\tc", "ab c" },
  { "no letters", U, "12:30 ...", "" },
  { "only music", U, "\342\231\252\342\231\252", "" },
  { "only brackets", U, "[ ]", "" },
  { "nothing", U, "", "" },
  { "white space", U, " \n\t ", "" },
  { "only tags", P, "<i></i>", "" },
};

static char *
join_sources (const CueText *cue)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < cue->parts->len; i++) {
    const CuePart *part = cue->parts->pdata[i];
    g_autofree char *source = cue_part_dup_source (part);

    if (part->has_letters)
      g_string_append_printf (out, "%s%s", out->len ? "|" : "", source);
  }
  return g_string_free (out, FALSE);
}

static void
test_parts (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (CueText) cue = cue_text_parse (parts[i].text, strlen (parts[i].text), parts[i].format);
  g_autofree char *sources = join_sources (cue);

  g_assert_cmpstr (sources, ==, parts[i].parts);
}

/* --- there and back --------------------------------------------------------- */

static const struct {
  const char *name;
  CueFormat in, out;
  const char *text;
  const char *expected; /* with every part's text in capitals */
} cues[] = {
  { "plain", U, U, "Good morning.", "GOOD MORNING." },
  { "escape", U, P, "R&D <3", "R&amp;D &lt;3" },
  { "unescape", P, U, "r&amp;d &lt;3", "R&D <3" },
  { "escaped", P, P, "r&amp;d &lt;3 >>", "R&amp;D &lt;3 >>" },
  { "italic", P, P, "<i>Hi</i>", "<i>HI</i>" },
  { "italic to utf8", P, U, "<i>Hi</i>", "HI" },
  { "italic in utf8", U, P, "<i>Hi</i>", "<i>HI</i>" },
  { "two tags", P, P, "<b><i>Hi</i></b>", "<b><i>HI</i></b>" },
  { "crossed tags", P, P, "<b><i>Hi</b></i>", "<b><i>HI</i></b>" },
  { "each line", P, P, "<i>Hi</i>\n<i>you</i>", "<i>HI\nYOU</i>" },
  { "not the dot", P, P, "<i>Hi</i>.", "<i>HI.</i>" },
  { "some words", P, P, "Hi <i>you</i>", "HI YOU" },
  { "not closed", P, P, "<i>Hi", "<i>HI</i>" },
  { "not opened", P, P, "Hi</i>", "HI" },
  { "color", P, P, "<span foreground='#ff0000'>Hi</span>",
      "<span foreground=\"#ff0000\">HI</span>" },
  { "font", U, P, "<font color=\"red\">Hi</font>", "<span foreground=\"red\">HI</span>" },
  { "font, bad color", U, P, "<font color=\"burgundyish\">Hi</font>", "HI" },
  { "span, bad attribute", P, P, "<span onclick='x' size='large'>Hi</span>",
      "<span size=\"large\">HI</span>" },
  { "span, same twice", P, P, "<span color='red' foreground='blue'>Hi</span>",
      "<span foreground=\"red\">HI</span>" },
  { "unknown tag", P, P, "<v Roger>Hi</v>", "HI" },
  { "unknown in utf8", U, P, "<blink>Hi", "&lt;BLINK>HI" },
  { "code", P, P, "{\\an8}<i>Hi</i>", "{\\an8}<i>HI</i>" },
  { "code in tag", P, P, "<i>{\\an8}Hi</i>", "{\\an8}<i>HI</i>" },
  { "codes", U, U, "{\\an8}{\\fad(1,2)}Hi", "{\\an8}{\\fad(1,2)}HI" },
  { "dialogue", P, P, "- Hi.\n- Hello.", "- HI.\n- HELLO." },
  { "dialogue, one tag", P, P, "<i>- Hi.</i>\n- Hello.", "<i>- HI.</i>\n- HELLO." },
  { "dialogue, whole", P, P, "<i>- Hi.\n- Hello.</i>", "<i>- HI.\n- HELLO.</i>" },
  { "music", P, P, "<i>\342\231\252 la \342\231\252</i>", "<i>\342\231\252 LA \342\231\252</i>" },
  { "only music", P, P, "<i>\342\231\252</i>", "<i>\342\231\252</i>" },
  { "no letters keep lines", U, U, "1 2 3\n4", "1 2 3\n4" },
  { "balanced", U, U, "a bb ccc dddd\ne", "A BB CCC\nDDDD E" },
  { "sentence ends", U, U, "Aaaa aaaa.\nBbb bbb bbbb", "AAAA AAAA.\nBBB BBB BBBB" },
  { "sentence too short", U, U, "Aa. bbb bbb\nbb bbb bbbb bbb", "AA. BBB BBB BB\nBBB BBBB BBB" },
  { "clause ends", U, U, "Aaa aaaa aaa,\nbbb bb bbbb b", "AAA AAAA AAA,\nBBB BB BBBB B" },
  { "three lines", U, U, "a\nb\nc d e f", "A B\nC D\nE F" },
  { "few words", U, U, "a\nb", "A\nB" },
  { "last line ends", U, U, "Hi\n", "HI\n" },
  { "nothing", P, P, "", "" },
  { "only tags", P, P, "<i></i>", "" },
};

static void
test_cue (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (CueText) cue = cue_text_parse (cues[i].text, strlen (cues[i].text), cues[i].in);
  g_autoptr (GPtrArray) translations = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *out = NULL;

  for (guint k = 0; k < cue->parts->len; k++) {
    const CuePart *part = cue->parts->pdata[k];
    g_autofree char *source = cue_part_dup_source (part);

    g_ptr_array_add (translations, part->has_letters ? g_utf8_strup (source, -1) : NULL);
  }
  out = cue_text_write (cue, (char **) translations->pdata, cues[i].out);
  g_assert_cmpstr (out, ==, cues[i].expected);
}

/* --- the translator's own text ---------------------------------------------- */

static void
test_translation_is_text (void)
{
  const char *text = "one\ntwo";
  char *translations[] = { (char *) "<b>\neins & \001zwei", NULL };
  g_autoptr (CueText) cue = cue_text_parse (text, strlen (text), P);
  g_autofree char *markup = cue_text_write (cue, translations, P);
  g_autofree char *plain = cue_text_write (cue, translations, U);

  g_assert_cmpstr (markup, ==, "&lt;b> eins\n&amp; zwei");
  g_assert_cmpstr (plain, ==, "<b> eins\n& zwei");
}

static void
test_untranslated (void)
{
  const char *text = "<i>A long line here\nb</i>";
  g_autoptr (CueText) cue = cue_text_parse (text, strlen (text), P);
  g_autofree char *markup = cue_text_write (cue, NULL, P);

  g_assert_cmpstr (markup, ==, text);
}

/* A sound is a sound afterwards, too. */
static void
test_brackets (void)
{
  static const char *const cases[][3] = {
    { "[DOOR SLAMS]", "[TÜR KNALLT]", "[TÜR KNALLT]" },
    { "[DOOR SLAMS]", "[TÜR KNALLT*", "[TÜR KNALLT]" },
    { "[DOOR SLAMS]", "Tür knallt.", "[Tür knallt.]" },
    { "[DOOR SLAMS]", "[", "[DOOR SLAMS]" },
    { "(thunder)", "[Donner]", "(Donner)" },
    { "*sighs*", "(seufzt", "*seufzt*" },
    { "- [SIGHS]", "SEUFZT", "- [SEUFZT]" },
    { "[one\ntwo]", "eins zwei", "[eins\nzwei]" },
    /* these are none */
    { "[SIGHS] I see.", "SEUFZT Aha.", "SEUFZT Aha." },
    { "[A] or [B]", "A oder B", "A oder B" },
    { "(", "x", "(" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (CueText) cue = cue_text_parse (cases[i][0], strlen (cases[i][0]), U);
    char *translations[] = {
      ((CuePart *) cue->parts->pdata[0])->has_letters ? (char *) cases[i][1] : NULL, NULL
    };
    g_autofree char *out = cue_text_write (cue, translations, U);

    g_assert_cmpstr (out, ==, cases[i][2]);
  }
}

/* A longer translation has as many lines, none much longer than the others. */
static void
test_balance (void)
{
  const char *text = "one\ntwo\nthree";
  char *translations[] = {
    (char *) "Eine recht lange Übersetzung, die auf drei Zeilen gut Platz findet", NULL
  };
  g_autoptr (CueText) cue = cue_text_parse (text, strlen (text), U);
  g_autofree char *out = cue_text_write (cue, translations, U);
  g_auto (GStrv) lines = g_strsplit (out, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  for (guint i = 0; lines[i]; i++)
    g_assert_cmpint (ABS (g_utf8_strlen (lines[i], -1) - 22), <=, 6);
}

/* Limits: nothing grows beyond them, nothing is lost but tags. */
static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *out = NULL;
  g_autoptr (CueText) cue = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (text, "<span size=\"%u\">", i);
  g_string_append (text, "x");
  cue = cue_text_parse (text->str, text->len, P);
  g_assert_cmpuint (cue->tags->len, <=, 32);
  out = cue_text_write (cue, NULL, P);
  g_assert_cmpuint (strlen (out), <, 1000);
  g_assert_nonnull (strstr (out, ">x<"));
}

static void
read_and_write (gsize length, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (CueText) cue = NULL;
  g_autofree char *out = NULL;

  while (text->len < length)
    g_string_append (text, data);
  cue = cue_text_parse (text->str, text->len, P);
  out = cue_text_write (cue, NULL, P);
  g_assert_nonnull (out);
}

static void
test_long (void)
{
  growth_assert_linear (read_and_write, 800000, "<i {&\n");
}

/* --- spans ------------------------------------------------------------------- */

/* `words`: for each word of the translation its source word, "-": not known. */
static const struct {
  const char *in, *translation, *words, *out;
} spans[] = {
  { "a <i>red</i> car", "ein rotes Auto", "0 1 2", "ein <i>rotes</i> Auto" },
  /* the order of words changes */
  { "I have <b>seen</b> it", "ich habe es gesehen", "0 1 3 2", "ich habe es <b>gesehen</b>" },
  /* one span of many words, one word of many */
  { "a <i>very old</i> car", "ein sehr altes Auto", "0 1 2 3", "ein <i>sehr altes</i> Auto" },
  { "a <i>car park</i> here", "ein Parkhaus hier", "0 2 3", "ein <i>Parkhaus</i> hier" },
  { "<b>do not</b> go", "geh nicht", "2 1", "geh <b>nicht</b>" },
  /* a span that the translation tears apart */
  { "I <i>get up</i> now", "ich stehe jetzt auf", "0 1 3 2", "ich <i>stehe</i> jetzt <i>auf</i>" },
  /* unknown words */
  { "a <i>red car</i> now", "ein rotes neues Auto nun", "0 1 - 2 3",
      "ein <i>rotes neues Auto</i> nun" },
  { "a <i>red</i> car", "oh ein rotes Auto", "- 0 1 2", "oh ein <i>rotes</i> Auto" },
  { "a <i>red</i> car", "ein rotes Auto", "- - -", "ein rotes Auto" },
  { "a <i>red</i> car", "ein rotes Auto", "", "ein rotes Auto" },
  /* nonsense from outside */
  { "a <i>red</i> car", "ein rotes Auto", "99 1 99", "ein <i>rotes</i> Auto" },
  { "a <i>red</i> car", "ein rotes Auto", "0 1 2 3 4 5", "ein <i>rotes</i> Auto" },
  { "a <i>red</i> car", "ein rotes Auto", "0 1", "ein <i>rotes</i> Auto" },
  /* tags inside tags, that cross, and of part of a word */
  { "a <b>very <i>old</i></b> car", "ein sehr altes Auto", "0 1 2 3",
      "ein <b>sehr <i>altes</i></b> Auto" },
  { "<b>a <i>b</b> c</i> d", "a b c d", "0 1 2 3", "<b>a <i>b</i></b> <i>c</i> d" },
  { "un<i>do</i> it", "mach es", "0 1", "mach es" },
  { "u<i>ndo</i> it", "mach es", "0 1", "<i>mach</i> es" },
  { "say <i>\"yes\"</i> now", "sag \"ja\" nun", "0 1 2", "sag <i>\"ja\"</i> nun" },
  /* a tag around everything stays outside */
  { "<i>a <b>red</b> car</i>", "ein rotes Auto", "0 1 2", "<i>ein <b>rotes</b> Auto</i>" },
  { "<font color=\"#ff0000\">red</font> car", "rotes Auto", "0 1",
      "<span foreground=\"#ff0000\">rotes</span> Auto" },
  /* over lines */
  { "a <i>red\ncar</i> here", "ein rotes Auto hier", "0 1 2 3", "ein <i>rotes\nAuto</i> hier" },
  { "- a <i>red</i> car", "ein rotes Auto", "0 1 2", "- ein <i>rotes</i> Auto" },
  /* what has to be escaped */
  { "a &lt;b <i>c &amp; d</i>", "a <b c & d", "0 1 2 3 4", "a &lt;b <i>c &amp; d</i>" },
  /* spaces that are no spaces of ASCII */
  { "I&#160;<i>saw</i> it", "ich sah\302\240es", "0 1 2", "ich <i>sah</i>\302\240es" },
  { "a\302\240<i>red</i>\342\200\257car\343\200\200here", "ein rotes Auto hier", "0 1 2 3",
      "ein <i>rotes</i> Auto hier" },
  /* brackets of its own are no words of the translation */
  { "[<i>door</i> opens]", "[ T\303\274r \303\266ffnet sich ]", "- 0 1 - -",
      "<i>[T\303\274r</i> \303\266ffnet sich]" },
  /* nothing was translated */
  { "a <i>red</i> car", NULL, "", "a <i>red</i> car" },
};

static SsmtRange
find_word (const char *text, int n)
{
  SsmtRange word = { 0, 0 };

  while (n-- >= 0) {
    if (!ssmt_text_next_word (text, &word))
      return (SsmtRange){ 1000, 1003 };
  }
  return word;
}

/* `numbers`: of the part's word for each of the translation's; "-": none. */
static void
add_links (GArray *links, const CuePart *part, const char *translation, char **numbers)
{
  for (guint i = 0; numbers[i]; i++) {
    CueLink link = { find_word (translation, i), find_word (part->text, atoi (numbers[i])) };

    if (numbers[i][0] != '-')
      g_array_append_val (links, link);
  }
}

static void
test_spans (gconstpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  g_autoptr (CueText) cue = cue_text_parse (spans[n].in, strlen (spans[n].in), CUE_FORMAT_PANGO);
  g_auto (GStrv) words = g_strsplit (spans[n].words, " ", -1);
  g_autoptr (GArray) links = g_array_new (FALSE, FALSE, sizeof (CueLink));
  g_autofree char *out = NULL, *plain = NULL;
  CueTranslation translation = { (char *) spans[n].translation };

  g_assert_cmpuint (cue->parts->len, ==, 1);
  if (translation.text)
    add_links (links, cue->parts->pdata[0], translation.text, words);
  translation.links = (const CueLink *) links->data;
  translation.n_links = links->len;
  out = cue_text_write_aligned (cue, &translation, CUE_FORMAT_PANGO);
  g_assert_cmpstr (out, ==, spans[n].out);
  plain = cue_text_write_aligned (cue, &translation, CUE_FORMAT_UTF8);
  g_assert_null (strstr (plain, "<i>"));
}

/* --- what goes out as it came in --------------------------------------------- */

static const struct {
  CueFormat format;
  const char *text;
  gboolean is_clean;
} whole[] = {
  { U, "Good\nmorning.", TRUE },
  { U, "{\\an8}5 > 3", TRUE },
  { U, "<i>Good morning.</i>", FALSE },
  { U, "R&D", FALSE },
  { U, "bell\007", FALSE },
  { P, "Good\nmorning.", TRUE },
  { P, "", TRUE },
  { P, "<i>Good</i>, <b>good <u>morning</u></b>.", TRUE },
  { P, "<span foreground=\"red\" size=\"large\">R&amp;D &lt;3</span>", TRUE },
  { P, "<i>Good morning.", FALSE },
  { P, "<i><b>Good</i></b>", FALSE },
  { P, "Good</i>", FALSE },
  { P, "R&D", FALSE },
  { P, "&nbsp;", FALSE },
  { P, "bell\007", FALSE },
  { P, "<blink>Good</blink>", FALSE },
  { P, "<I>Good</I>", FALSE },
  { P, "<font color=\"red\">Good</font>", FALSE },
  { P, "<v Anna>Good</v>", FALSE },
  { P, "<span onclick=\"x\" size=\"large\">Good</span>", FALSE },
  { P, "<span foreground=\"no color\">Good</span>", FALSE },
  { P, "<i x=\"y\">Good</i>", FALSE },
  { P, "Good</markup><markup>morning", FALSE },
  { P, "<markup>Good</markup>", FALSE },
  { P, "<!-- Good -->", FALSE },
  { P, "<?good?>", FALSE },
};

static void
test_clean (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (whole); i++) {
    g_test_message ("%s", whole[i].text);
    g_assert_cmpint (cue_text_is_clean (whole[i].text, whole[i].format), ==, whole[i].is_clean);
  }
}

/* --- lines that fit ---------------------------------------------------------- */

/* Each part's translation is its source, in small letters what is bold. */
static const struct {
  const char *name;
  CueFormat format;
  guint columns, lines;
  const char *text, *written;
} layouts[] = {
  { "one line", P, 42, 2, "Good morning,\nAnna.", "Good morning, Anna." },
  { "two", P, 20, 2, "Good morning, Anna. How are you?", "Good morning, Anna.\nHow are you?" },
  { "span", P, 20, 2, "Good <i>morning, Anna. How</i> are you?",
      "Good <i>morning, Anna.\nHow</i> are you?" },
  { "speakers", P, 20, 2, "- Good morning, Anna.\n- Yes.", "- Good morning, Anna.\n- Yes." },
  { "speakers, room for three", P, 15, 3, "- Good morning, Anna.\n- Yes.",
      "- Good\nmorning, Anna.\n- Yes." },
  { "music", P, 16, 2, "\342\231\252 Row, row, row your boat \342\231\252",
      "\342\231\252 Row, row,\nrow your boat \342\231\252" },
  { "no width", P, 0, 1, "Good morning,\nAnna.", "Good morning, Anna." },
  { "no width, enough lines", P, 0, 2, "Good morning,\nAnna.", "Good morning,\nAnna." },
  { "codes", U, 10, 2, "{\\an8}Good morning.", "{\\an8}Good\nmorning." },
  { "wide, in a span", P, 8, 2,
      "<b>\346\210\221\345\233\236</b>\345\256\266\345\220\203\351\245\255",
      "\346\210\221\345\233\236\345\256\266\n\345\220\203\351\245\255" },
};

static void
test_layouts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
    CueLayout layout = { ssmt_lines_new ("en"), layouts[i].columns, layouts[i].lines };
    g_autoptr (CueText) cue =
        cue_text_parse (layouts[i].text, strlen (layouts[i].text), layouts[i].format);
    g_autofree CueTranslation *translations = g_new0 (CueTranslation, cue->parts->len);
    g_autofree char *written = NULL;
    g_autofree CueLink *links = g_new0 (CueLink, 64);

    cue->layout = &layout;
    for (guint j = 0; j < cue->parts->len; j++) {
      guint n = 0;

      translations[j].text = cue_part_dup_source (cue->parts->pdata[j]);
      for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (translations[j].text, &word);)
        links[n++] = (CueLink){ word, word };
      translations[j].links = links;
      translations[j].n_links = cue->parts->len == 1 ? n : 0;
    }
    written = cue_text_write_aligned (cue, translations, layouts[i].format);
    g_assert_cmpstr (written, ==, layouts[i].written);
    for (guint j = 0; j < cue->parts->len; j++)
      g_free (translations[j].text);
    ssmt_lines_free (layout.breaks);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree char *path = g_strdup_printf ("/parts/%s", parts[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_parts);
  }
  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    g_autofree char *path = g_strdup_printf ("/cues/%s", cues[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_cue);
  }
  g_test_add_func ("/write/translation is text", test_translation_is_text);
  g_test_add_func ("/write/untranslated", test_untranslated);
  g_test_add_func ("/write/brackets", test_brackets);
  g_test_add_func ("/write/balance", test_balance);
  g_test_add_func ("/clean", test_clean);
  g_test_add_func ("/limits/deep", test_deep);
  g_test_add_func ("/limits/long", test_long);
  for (guint i = 0; i < G_N_ELEMENTS (spans); i++) {
    g_autofree char *path = g_strdup_printf ("/markup/spans/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_spans);
  }
  g_test_add_func ("/markup/layouts", test_layouts);
  return g_test_run ();
}
