/* ssmtranslate: the guard around models, part by part
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/guard.h"

#include <string.h>

#include "engine/guard/caps.h"
#include "engine/guard/currencies.h"
#include "engine/guard/numbers.h"
#include "engine/guard/parts.h"
#include "engine/guard/spans.h"

static const SsmtGuardSettings english = { .reads = "en", .writes = "pt" };

/* --- spans ------------------------------------------------------------------------ */

/* What is found, "|" between: a word as it is, a code after "c:", a sign after "s:", what is dropped as
 * "d". */
static const struct {
  const char *text, *spans;
} spans[] = {
  { "", "" },
  { "Nothing of the kind, is there?", "" },
  { "Noooooo! Look, a bookkeeper.", "Noooooo" },
  /* addresses */
  { "Read https://a.example/x?y=1#z.", "https://a.example/x?y=1#z" },
  { "(see http://a.example/)", "http://a.example/" },
  { "rtsp://10.0.0.7:554/cam1 and srt://h:9", "rtsp://10.0.0.7:554/cam1|srt://h:9" },
  { "Go to www.nowhere.org, now", "www.nowhere.org" },
  { "Mail jo.do+x@mail.example.org!", "jo.do+x@mail.example.org" },
  { "See nowhere.org and a.b.de", "nowhere.org|a.b.de" },
  { "He left.Then she came", "" },
  { "GO TO HOUSEHOLD.COM NOW, Or Some-Where.org", "HOUSEHOLD.COM|Some-Where.org" },
  { "SEE FILM.MKV'S END", "FILM.MKV" },
  { "Ask @some_one about #summer24", "@some_one|#summer24" },
  { "Room #3 and 5@3", "" },
  /* paths and files */
  { "Open C:\\Users\\me, then /etc/fstab", "C:\\Users\\me|/etc/fstab" },
  { "in ~/notes and ./run or ../up/x", "~/notes|./run|../up/x" },
  { "and/or, 1/2", "" },
  { "Edit main.c and photo.old.jpeg", "main.c|photo.old.jpeg" },
  /* placeholders */
  { "Hi {name}, {{count}} of ${total}", "{name}|{{count}}|${total}" },
  { "%s has %d of %1$s and %(n)s, 100% sure", "%s|%d|%1$s|%(n)s" },
  { "__NAME__ $HOME :smile: %PATH%", "__NAME__|$HOME|:smile:|%PATH%" },
  /* code */
  { "max_speed and std::move and run()", "max_speed|std::move|run()" },
  { "at 0xFF if x == 3", "0xFF|x == 3" },
  { "an iPhone on the B52", "c:iPhone|c:B52" },
  { "at 7PM, the 4TH", "" },
  /* signs */
  { "yes \360\237\230\200 no", "s:\360\237\230\200" },
  { "\360\237\221\250\342\200\215\360\237\221\251 and \360\237\207\247\360\237\207\267",
      "s:\360\237\221\250\342\200\215\360\237\221\251|s:\360\237\207\247\360\237\207\267" },
  { "{\\an8}Up, <i>now</i>", "s:{\\an8}|s:<i>|s:</i>" },
  { "20 \302\260C \302\251 2020", "" },
  { "a\302\255b\342\200\213c", "d|d" },
  /* fractions, telephones */
  { "\302\275 of it, 3\302\274", "\302\275|3\302\274" },
  { "Call +55 11 5555-0100 now", "+55 11 5555-0100" },
  /* letters */
  { "She said \320\264\320\260 \320\275\320\265\321\202 twice",
      "\320\264\320\260 \320\275\320\265\321\202" },
};

static char *
list_spans (const char *text)
{
  static const char *const kinds[] = { "", "c:", "s:", "" };
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (SsmtSpan));
  GString *out = g_string_new (NULL);

  ssmt_spans_find (text, "en", NULL, found);
  for (guint i = 0; i < found->len; i++) {
    const SsmtSpan *span = &g_array_index (found, SsmtSpan, i);

    g_string_append_printf (out, "%s%s", i > 0 ? "|" : "", kinds[span->kind]);
    if (span->kind == SSMT_SPAN_DROP)
      g_string_append_c (out, 'd');
    else
      g_string_append_len (out, text + span->range.start, span->range.end - span->range.start);
  }
  return g_string_free (out, FALSE);
}

static void
test_spans (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (spans); i++) {
    g_autofree char *found = list_spans (spans[i].text);

    g_assert_cmpstr (found, ==, spans[i].spans);
  }
}

/* --- parts ------------------------------------------------------------------------ */

/* "[" and "]" around what is said. */
static const struct {
  const char *text, *parts;
} parts[] = {
  { "", "" },
  { "He came.", "[He came.]" },
  { "- He came.", "- [He came.]" },
  { ">> He came.", ">> [He came.]" },
  { "...and left", "...[and left]" },
  { "-5 degrees", "[-5 degrees]" },
  { "LEO: He came.", "LEO: [He came.]" },
  { "LEO (ON PHONE): He came.", "LEO ([ON PHONE]): [He came.]" },
  { "Leo: He came.", "[Leo: He came.]" },
  { "10:30 is late", "[10:30 is late]" },
  { "(DOOR) He came.", "([DOOR]) [He came.]" },
  { "(I think) he came.", "([I think]) [he came.]" },
  { "[laughs] he came.", "[[laughs]] [he came.]" },
  { "He came. (laughs)", "[He came.] ([laughs])" },
  { "He came (late)", "[He came (late)]" },
  { "\342\231\252 La la \342\231\252", "\342\231\252 [La la] \342\231\252" },
  { "\342\231\252 \342\231\252", "\342\231\252 \342\231\252" },
  { "(((((((((((", "(((((((((((" },
};

static char *
list_parts (const char *text)
{
  g_autoptr (GArray) found = ssmt_parts_divide (text, NULL);
  GString *out = g_string_new (NULL);
  gsize done = 0;

  for (guint i = 0; i < found->len; i++) {
    const SsmtLinePart *part = &g_array_index (found, SsmtLinePart, i);

    g_assert_cmpuint (part->range.start, ==, done);
    done = part->range.end;
    g_string_append (out, part->is_language ? "[" : "");
    g_string_append_len (out, text + part->range.start, part->range.end - part->range.start);
    g_string_append (out, part->is_language ? "]" : "");
  }
  g_assert_cmpuint (done, ==, strlen (text));
  return g_string_free (out, FALSE);
}

static void
test_parts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree char *found = list_parts (parts[i].text);

    g_assert_cmpstr (found, ==, parts[i].parts);
  }
}

/* The word, then what stands between. */
static const struct {
  const char *text, *word, *between;
} repeated[] = {
  { "No, no, no!", "No", ", |, |!" },
  { "Go go go", "Go", " | |" },
  { "No, no!", NULL, NULL },
  { "No, no, nope!", NULL, NULL },
  { "No. No. No. 3", NULL, NULL },
  { "No no no (sighs)", NULL, NULL },
  { "", NULL, NULL },
  { "!!!", NULL, NULL },
};

static void
test_repeated (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (repeated); i++) {
    g_autoptr (GPtrArray) between = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *word = ssmt_parts_get_repeated (repeated[i].text, between), *joined = NULL;

    g_assert_cmpstr (word, ==, repeated[i].word);
    if (word == NULL)
      continue;
    g_ptr_array_add (between, NULL);
    joined = g_strjoinv ("|", (char **) between->pdata);
    g_assert_cmpstr (joined, ==, repeated[i].between);
  }
}

/* --- numbers ------------------------------------------------------------------------ */

static const struct {
  const char *text, *translation;
  SsmtNumbersResult result;
} numbers[] = {
  { "none", "nenhum", SSMT_NUMBERS_SAME },
  { "7 cats", "7 gatos", SSMT_NUMBERS_SAME },
  { "7 cats", "8 gatos", SSMT_NUMBERS_LOST },
  { "7 cats", "sete gatos", SSMT_NUMBERS_LOST },
  { "cats", "7 gatos", SSMT_NUMBERS_INVENTED },
  { "seven cats", "7 gatos", SSMT_NUMBERS_SAME },
  { "7 and 7", "7 e", SSMT_NUMBERS_LOST },
  { "7", "7 e 7", SSMT_NUMBERS_INVENTED },
  /* separators */
  { "1,234.50 here", "1.234,50 aqui", SSMT_NUMBERS_SAME },
  { "1,234.50 here", "1.234,5 aqui", SSMT_NUMBERS_SAME },
  { "12000 here", "12.000 aqui", SSMT_NUMBERS_SAME },
  { "12,000 here", "12 000 aqui", SSMT_NUMBERS_SAME },
  { "12,000 here", "12 aqui", SSMT_NUMBERS_LOST },
  { "12,000 here", "12. 000 aqui", SSMT_NUMBERS_LOST },
  { "1 200 here", "1. 200 aqui", SSMT_NUMBERS_LOST },
  { "1 200 here", "1.200 aqui", SSMT_NUMBERS_SAME },
  { "1,234,567 here", "1.234.567 aqui", SSMT_NUMBERS_SAME },
  { "1,234,567 here", "1.234 e 567 aqui", SSMT_NUMBERS_LOST },
  { "5.0 here", "5 aqui", SSMT_NUMBERS_SAME },
  { "1,00,000 here", "100.000 aqui", SSMT_NUMBERS_SAME },
  { "3.5 here", "35 aqui", SSMT_NUMBERS_LOST },
  /* times */
  { "at 7:30 p.m.", "\303\240s 19:30", SSMT_NUMBERS_SAME },
  { "at 7 pm", "\303\240s 19h", SSMT_NUMBERS_SAME },
  { "at 19:00", "\303\240s 7", SSMT_NUMBERS_SAME },
  { "at 12:05 a.m.", "\303\240s 00:05", SSMT_NUMBERS_SAME },
  { "at 7:30", "\303\240s 8:30", SSMT_NUMBERS_LOST },
  /* ordinals, kings, decades */
  { "the 3rd man", "o terceiro homem", SSMT_NUMBERS_SAME },
  { "the 3rd man", "o 3\302\272 homem", SSMT_NUMBERS_SAME },
  { "the 3rd man", "o quarto homem", SSMT_NUMBERS_LOST },
  { "the 19th century", "o s\303\251culo XIX", SSMT_NUMBERS_SAME },
  { "the 1980s", "os anos 80", SSMT_NUMBERS_SAME },
  { "the 1980s", "os anos 90", SSMT_NUMBERS_LOST },
  { "007", "7", SSMT_NUMBERS_SAME },
  /* scores, ranges */
  { "it was 3-2", "foi 3-2", SSMT_NUMBERS_SAME },
  { "it was 3-2", "foi 3 a 2", SSMT_NUMBERS_SAME },
  { "it was 3-2", "foi 3:2", SSMT_NUMBERS_SAME },
  { "it was 3-2", "foi 3 2", SSMT_NUMBERS_LOST },
  { "it was 3-2", "2 de 3", SSMT_NUMBERS_SAME },
  { "open 24/7", "aberto 24 7", SSMT_NUMBERS_LOST },
  { "pages 100\342\200\223200", "p\303\241ginas 100 200", SSMT_NUMBERS_LOST },
  { "3 2 here", "3 2 aqui", SSMT_NUMBERS_SAME },
  { "Rooms 12 13 and 12-13", "Quartos 12 13 e 12-13", SSMT_NUMBERS_SAME },
  { "Rooms 12 13 and 12-13", "Quartos 12 13 e 12 13", SSMT_NUMBERS_LOST },
  /* digits of other scripts */
  { "\331\247 cats", "7 gatos", SSMT_NUMBERS_SAME },
  { "12,000 here", "\331\241\331\242\331\254\331\240\331\240\331\240 aqui", SSMT_NUMBERS_SAME },
  { "12,000 here", "\340\245\247\340\245\250,\340\245\246\340\245\246\340\245\246 aqui",
      SSMT_NUMBERS_SAME },
};

static void
test_numbers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_test_message ("%s | %s", numbers[i].text, numbers[i].translation);
    g_assert_cmpint (
        ssmt_numbers_compare (numbers[i].text, "en", numbers[i].translation, "pt", NULL), ==,
        numbers[i].result);
  }
}

static void
test_separators (void)
{
  static const char *const rows[][4] = { { "1,234.5", "en", "pt", "1.234,5" },
    { "1.5", "en", "de", "1,5" }, { "12", "en", "de", NULL }, { "1.5", "en", "ja", NULL },
    { "1.5", NULL, "de", NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *local = ssmt_numbers_localize (rows[i][0], rows[i][1], rows[i][2]);

    g_assert_cmpstr (local, ==, rows[i][3]);
  }
  g_assert_true (ssmt_currencies_are_kept ("$5", "$5"));
  g_assert_true (ssmt_currencies_are_kept ("$5 and \302\2437", "\302\2437 e $5"));
  g_assert_false (ssmt_currencies_are_kept ("$5", "5 d\303\263lares"));
  g_assert_false (ssmt_currencies_are_kept ("\302\2435 and \302\2437", "\302\2435"));
}

/* --- capitals ------------------------------------------------------------------------- */

static void
test_caps (void)
{
  static const struct {
    const char *text;
    gboolean is_all;
    const char *lower, *upper;
  } rows[] = {
    { "WHO IS IT? I AM.", TRUE, "Who is it? I am.", "WHO IS IT? I AM." },
    { "I'M X1, HE'S", TRUE, "I'm X1, he's", "I'M X1, HE'S" },
    { "\303\211 N\303\203O", TRUE, "\303\211 n\303\243o", "\303\211 N\303\203O" },
    { "A", FALSE, "A", "A" },
    { "Who", FALSE, "Who", "WHO" },
    { "12:30", FALSE, "12:30", "12:30" },
    { "stra\303\237e", FALSE, "stra\303\237e", "STRASSE" },
  };
  g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_add (kept, (char *) "X1");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SsmtEdits) lower = ssmt_caps_to_sentence (rows[i].text, "en", kept);
    g_autoptr (SsmtEdits) upper = ssmt_caps_to_upper (rows[i].text, "en");

    g_assert_cmpint (ssmt_caps_is_all (rows[i].text), ==, rows[i].is_all);
    g_assert_cmpstr (lower->text->str, ==, rows[i].lower);
    g_assert_cmpstr (upper->text->str, ==, rows[i].upper);
  }
}

/* --- marks ----------------------------------------------------------------------------- */

static void
test_finals (void)
{
  static const struct {
    const char *text, *mark;
    gsize start;
  } rows[] = { { "Yes.", ".", 3 }, { "Yes!\"", "!", 3 }, { "Yes...", "...", 3 },
    { "Yes\342\200\246", "...", 3 }, { "Yes", "", 3 }, { "Yes)", "", 3 }, { "", "", 0 },
    { "\"", "", 1 }, { "Yes:", ":", 3 }, { "\343\201\257\343\200\202", ".", 3 }, { "!", "!", 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    SsmtRange range;

    g_assert_cmpstr (ssmt_marks_get_final (rows[i].text, &range), ==, rows[i].mark);
    g_assert_cmpuint (range.start, ==, rows[i].start);
  }
  g_assert_cmpstr (ssmt_marks_translate_final ("?", "ar"), ==, "\330\237");
  g_assert_cmpstr (ssmt_marks_translate_final (".", "ja"), ==, "\343\200\202");
  g_assert_cmpstr (ssmt_marks_translate_final (".", "pt-BR"), ==, ".");
}

/* The marks of one text on another. */
static void
test_style (void)
{
  static const struct {
    const char *from, *on, *out;
  } rows[] = {
    { "\"a\"", "\"b\" it's...", "\"b\" it's..." },
    { "\342\200\234a\342\200\235", "\"b\"", "\342\200\234b\342\200\235" },
    { "\302\253a\302\273", "\"b\"", "\302\253b\302\273" },
    { "a\342\200\235", "\"b\"", "\342\200\234b\342\200\235" },
    { "it\342\200\231s", "d'ouro", "d\342\200\231ouro" },
    { "a\342\200\246", "b...", "b\342\200\246" },
    { "a\342\200\246", "b....", "b...." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    SsmtMarkStyle style = ssmt_marks_get_style (rows[i].from);
    g_autoptr (SsmtEdits) edits = ssmt_marks_apply (rows[i].on, &style);

    g_assert_cmpstr (edits->text->str, ==, rows[i].out);
  }
}

/* --- all of it ------------------------------------------------------------------------- */

/* What the model reads, what it writes, what goes out; `source`: for each word of what it writes the byte of what
 * it reads, -1: not known, ended by -2, where an alignment is known. */
static const struct {
  const char *text, *reads, *writes, *out;
  SsmtFaults faults;
  gssize source[8];
} restored[] = {
  { "Write to a@b.org now.", "Write to X1 now.", "Escreva para X1 agora.",
      "Escreva para a@b.org agora.", 0, { -2 } },
  { "<b>\320\264", "X1", "X1", "<b>\320\264", 0, { -2 } },
  { "?<b>d\342\200\234", "? d\"", "? d\"", "?<b>d\342\200\235", 0, { -2 } },
  { "From /a/b to /c/d.", "From X1 to X2.", "Para X2 de X1.", "Para /c/d de /a/b.", 0, { -2 } },
  { "Write to a@b.org.", "Write to X1.", "Escreva.", "Escreva.", SSMT_GUARD_FAULT_COPY, { -2 } },
  { "Write to a@b.org.", "Write to X1.", "X1 X1.", "a@b.org a@b.org.", SSMT_GUARD_FAULT_COPY,
      { -2 } },
  /* what is dropped makes no other name of one and digits */
  { "See #foo\342\200\2135 now.", "See X1 5 now.", "Veja X1 5 agora.", "Veja #foo 5 agora.", 0,
      { -2 } },
  { "X\342\200\2131 or #foo", "X 1 or X1", "X 1 ou X1", "X 1 ou #foo", 0, { -2 } },
  { "The iPhone.", "The iPhone.", "O telefone.", "O telefone.", SSMT_GUARD_FAULT_COPY, { -2 } },
  { "Yes, 12.", "Yes, 12.", "Sim, 21.", "Sim, 21.", SSMT_GUARD_FAULT_NUMBER, { -2 } },
  { "Yes.", "Yes.", "\320\224\320\260.", "\320\224\320\260.", SSMT_GUARD_FAULT_SCRIPT, { -2 } },
  { "Yes.", "Yes.", "Sim sim sim sim sim.", "Sim sim sim sim sim.", SSMT_GUARD_FAULT_LOOP, { -2 } },
  { "YES, A@B.ORG!", "Yes, X1!", "Sim, X1!", "SIM, A@B.ORG!", 0, { -2 } },
  /* marks at the end */
  { "Is it?", "Is it?", "Sim.", "Sim?", 0, { -2 } },
  { "It is", "It is", "Sim.", "Sim.", 0, { -2 } },
  { "\342\200\234It is.\342\200\235", "\"It is.\"", "\"Sim\"", "\342\200\234Sim.\342\200\235", 0,
      { -2 } },
  /* signs: at the ends, then by the words around them */
  { "\360\237\230\200 Yes", "Yes", "Sim", "\360\237\230\200 Sim", 0, { -2 } },
  { "Yes \360\237\230\200", "Yes", "Sim", "Sim \360\237\230\200", 0, { -2 } },
  { "red \360\237\230\200 house", "red house", "casa vermelha", "casa vermelha \360\237\230\200", 0,
      { 4, 0, -2 } },
  { "one \360\237\230\200 two six", "one two six", "um dois seis", "um \360\237\230\200 dois seis",
      0, { 0, 4, 8, -2 } },
};

static guint
find_words (const char *text, SsmtRange words[8])
{
  guint n = 0;

  for (SsmtRange word = { 0, 0 }; ssmt_text_next_word (text, &word) && n < 8;)
    words[n++] = word;
  return n;
}

static void
test_restored (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (restored); i++) {
    g_autoptr (SsmtGuarded) guarded = ssmt_guard_prepare (&english, restored[i].text);
    g_auto (SsmtRestored) out = { { NULL }, NULL };
    SsmtRange words[8];
    SsmtGuardLinks links = { words, restored[i].source, find_words (restored[i].writes, words) };

    g_test_message ("%s", restored[i].text);
    g_assert_cmpstr (guarded->text, ==, restored[i].reads);
    g_assert_cmpuint (
        ssmt_guarded_check (guarded, guarded->text, restored[i].writes), ==, restored[i].faults);
    ssmt_guarded_restore (guarded, (SsmtRange){ 0, strlen (guarded->text) }, restored[i].writes,
        restored[i].source[0] == -2 ? NULL : &links, 0, &out);
    g_assert_cmpstr (out.text, ==, restored[i].out);
  }
}

/* More names, codes and numbers than a search can be asked for, and marks alone. */
static void
test_many (void)
{
  g_autoptr (GString) text = g_string_new ("All:");
  g_autoptr (SsmtGuarded) guarded = NULL;
  g_auto (SsmtRestored) out = { { NULL }, NULL };

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (text, " a%u@b.org B%u %u,", i, i + 10, i);
  guarded = ssmt_guard_prepare (&english, text->str);
  g_assert_cmpuint (guarded->names->len, ==, 200);
  g_assert_cmpuint (ssmt_guarded_check (guarded, guarded->text, guarded->text), ==, 0);
  ssmt_guarded_restore (
      guarded, (SsmtRange){ 0, strlen (guarded->text) }, guarded->text, NULL, 0, &out);
  g_assert_cmpstr (out.text, ==, text->str);
}

/* --- edits ------------------------------------------------------------------------------ */

/* Places outside edits go there and back; all go forward in order. */
static void
test_edits (void)
{
  for (guint round = 0; round < 2000; round++) {
    char old[65] = { 0 };
    gboolean is_gone[65] = { FALSE };
    g_autoptr (SsmtEdits) edits = NULL;
    gsize length = g_test_rand_int_range (0, sizeof old - 1), at = 0, last = 0;

    memset (old, 'o', length);
    edits = ssmt_edits_new (old);
    while (g_test_rand_bit () && at <= length) {
      gsize start = g_test_rand_int_range (at, length + 1);
      gsize end = g_test_rand_int_range (start, length + 1);
      g_autofree char *with = g_strnfill (g_test_rand_int_range (0, 9), 'n');

      ssmt_edits_replace (edits, (SsmtRange){ start, end }, with);
      for (at = start; at < end; at++)
        is_gone[at] = TRUE;
    }
    ssmt_edits_finish (edits);
    for (gsize place = 0; place <= length; place++) {
      gsize now = ssmt_edits_to_now (edits, place);

      g_assert_cmpuint (now, <=, edits->text->len);
      g_assert_cmpuint (now, >=, last);
      last = now;
      if (place < length && !is_gone[place])
        g_assert_cmpuint (ssmt_edits_to_old (edits, now), ==, place);
    }
    for (gsize place = 0; place <= edits->text->len; place++)
      g_assert_cmpuint (ssmt_edits_to_old (edits, place), <=, length);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guard/spans", test_spans);
  g_test_add_func ("/guard/parts", test_parts);
  g_test_add_func ("/guard/repeated", test_repeated);
  g_test_add_func ("/guard/numbers", test_numbers);
  g_test_add_func ("/guard/separators", test_separators);
  g_test_add_func ("/guard/caps", test_caps);
  g_test_add_func ("/guard/finals", test_finals);
  g_test_add_func ("/guard/style", test_style);
  g_test_add_func ("/guard/restored", test_restored);
  g_test_add_func ("/guard/many", test_many);
  g_test_add_func ("/guard/edits", test_edits);
  return g_test_run ();
}
