/* ssmtranslate: a text in lines that fit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <ssmt/ssmt.h>

#include <string.h>

static const struct {
  const char *language;
  guint columns, lines;
  const char *text, *expected;
} rows[] = {
  /* fits: one line, whatever is in it */
  { "en", 42, 2, "Good morning. You are early.", "Good morning. You are early." },
  { "en", 42, 2, "", "" },
  { "en", 42, 2, " \n ", "" },
  { "en", 42, 2, " one\n two ", "one\n two" },
  /* behind punctuation, before a conjunction, never behind a small word */
  { "en", 42, 2, "I could not sleep at all. The dog was barking all night.",
      "I could not sleep at all.|The dog was barking all night." },
  { "en", 42, 2, "When I came home late at night, nobody was there.",
      "When I came home late at night,|nobody was there." },
  { "en", 42, 2, "She has lived in this house because her mother wanted it.",
      "She has lived in this house|because her mother wanted it." },
  { "en", 30, 2, "They finally sold their old car to the neighbours.",
      "They finally sold their old|car to the neighbours." },
  { "pt", 42, 2, "O velho que mora na casa ao lado vendeu o carro dele ontem.",
      "O velho que mora na casa|ao lado vendeu o carro dele ontem." },
  { "pt", 42, 2, "Eu queria falar com o senhor sobre aquele problema da semana.",
      "Eu queria falar com o senhor|sobre aquele problema da semana." },
  { "pt", 42, 2, "Sua filha mostrou-lhe como segurar a corda.",
      "Sua filha mostrou-lhe|como segurar a corda." },
  /* names, titles, numbers, hyphens stay whole */
  { "en", 30, 2, "Yesterday evening Peter Parker came.", "Yesterday evening|Peter Parker came." },
  { "en", 30, 2, "Nobody has seen old Dr. Meyer today.", "Nobody has seen old|Dr. Meyer today." },
  { "en", 30, 2, "The next village is about 25 kilometres away.",
      "The next village|is about 25 kilometres away." },
  { "en", 30, 2, "He was all of seventy-one years old.", "He was all|of seventy-one years old." },
  /* no line of one short word, none of signs */
  { "en", 20, 2, "Yes, my dear old friend.", "Yes, my dear|old friend." },
  { "en", 20, 2, "- My dear old friend, yes.", "- My dear old|friend, yes." },
  /* more lines than two */
  { "en", 20, 0, "one two three four five six seven eight nine ten",
      "one two three four|five six seven|eight nine ten" },
  /* what does not fit is too wide by as little as can be */
  { "en", 10, 2, "one two three four five six", "one two three|four five six" },
  { "en", 10, 1, "one two three four", "one two three four" },
  { "en", 10, 2, "one two three four five, six seven.", "one two three four|five, six seven." },
  { "en", 10, 2, "incomprehensibilities abound", "incomprehensibilities|abound" },
  /* without a width there are as many as are asked for */
  { "en", 0, 2, "I came home late, and nobody was there.",
      "I came home late,|and nobody was there." },
  { "en", 0, 3, "two words", "two|words" },
  { "en", 0, 0, "as it is", "as it is" },
  /* wide characters are two columns, there are no spaces */
  { "zh", 16, 2,
      "\346\210\221\346\230\250\345\244\251\346\262\241\346\234\211\345\233\236\345\256\266"
      "\357\274\214\345\217\252\346\230\257\345\267\245\344\275\234",
      "\346\210\221\346\230\250\345\244\251\346\262\241\346\234\211\345\233\236\345\256\266\357\274"
      "\214|"
      "\345\217\252\346\230\257\345\267\245\344\275\234" },
  { "ko", 14, 2,
      "\354\236\220\354\240\204\352\261\260\353\245\274 \355\203\200\352\263\240 "
      "\354\247\221\354\227\220 \352\260\224\353\213\244",
      "\354\236\220\354\240\204\352\261\260\353\245\274 \355\203\200\352\263\240|"
      "\354\247\221\354\227\220 \352\260\224\353\213\244" },
};

static char *
join (const char *text, const SsmtRange *ranges, guint n)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "%s%.*s", i > 0 ? "|" : "",
        (int) (ranges[i].end - ranges[i].start), text + ranges[i].start);
  return g_string_free (out, FALSE);
}

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SsmtLines) breaks = ssmt_lines_new (rows[i].language);
    guint n;
    g_autofree SsmtRange *lines =
        ssmt_lines_find (breaks, rows[i].text, rows[i].columns, rows[i].lines, &n);
    g_autofree char *joined = join (rows[i].text, lines, n);

    g_assert_cmpstr (joined, ==, rows[i].expected);
  }
}

/* A book is no caption, but it is divided, and soon. */
static void
test_long (void)
{
  g_autoptr (SsmtLines) breaks = ssmt_lines_new ("en");
  g_autoptr (GString) text = g_string_new (NULL);
  guint n;

  while (text->len < 60000)
    g_string_append (text, "so it goes on and on, ");
  {
    g_autofree SsmtRange *lines = ssmt_lines_find (breaks, text->str, 42, 0, &n);

    for (guint i = 0; i < n; i++)
      g_assert_cmpuint (lines[i].end - lines[i].start, <=, 42);
  }
  {
    g_autofree SsmtRange *lines = ssmt_lines_find (breaks, text->str, 42, 2, &n);

    g_assert_cmpuint (n, ==, 2);
    g_assert_cmpuint (lines[1].end, ==, text->len - 1);
  }
  {
    g_autofree SsmtRange *lines = ssmt_lines_find (breaks, text->str, 0, 3, &n);

    g_assert_cmpuint (n, ==, 3);
    g_assert_cmpuint (lines[0].end, >, 15000);
  }
}

static void
test_counts (void)
{
  static const struct {
    const char *text;
    guint characters, columns;
  } counts[] = {
    { "", 0, 0 }, { "abc d", 5, 5 }, { "a\nb\r\nc", 3, 3 }, { "a\314\201e", 2, 2 },
    { "\344\275\240\345\245\275", 2, 4 }, { "\355\225\234\352\265\255", 2, 4 },
    { "\341\204\222\341\205\241\341\206\253", 1, 2 }, /* a Hangul syllable of three letters */
    { "\360\237\221\251\342\200\215\360\237\221\247", 1, 2 }, /* a family */
    { "\360\237\207\247\360\237\207\267", 1, 2 },             /* a flag */
  };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_assert_cmpuint (ssmt_text_count_characters (counts[i].text), ==, counts[i].characters);
    g_assert_cmpuint (ssmt_text_count_columns (counts[i].text), ==, counts[i].columns);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lines/rows", test_rows);
  g_test_add_func ("/lines/long", test_long);
  g_test_add_func ("/lines/counts", test_counts);
  return g_test_run ();
}
