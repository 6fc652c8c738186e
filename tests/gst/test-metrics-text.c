/* ssmtranslate: metrics as text
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics/metrics-text.h"

#include <locale.h>

static const MetricsFamily counter = { "a_seconds", METRICS_COUNTER, "seconds", "Time." };
static const MetricsFamily gauge = { "b", METRICS_GAUGE, NULL, "Things." };
static const MetricsFamily info = { "c", METRICS_INFO, NULL, "What." };
static const MetricsFamily histogram = { "d_seconds", METRICS_HISTOGRAM, "seconds", "Delay." };

static void
assert_text (MetricsText *text, const char *expected)
{
  g_autoptr (GBytes) bytes = metrics_text_finish (text);
  g_autofree char *found = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_cmpstr (found, ==, expected);
}

/* --- labels ------------------------------------------------------------------- */

static const struct {
  const char *value, *expected;
} labels[] = {
  { "news-1", "a=\"news-1\"" },
  { "", "a=\"\"" },
  { NULL, "a=\"\"" },
  { "a\"b", "a=\"a\\\"b\"" },
  { "a\\b", "a=\"a\\\\b\"" },
  { "a\nb", "a=\"a\\nb\"" },
  { "\\n\"\n", "a=\"\\\\n\\\"\\n\"" },
  { "notícias 日", "a=\"notícias 日\"" },
  { "a\xff", "a=\"a\xef\xbf\xbd\"" },
  { "{},= #", "a=\"{},= #\"" },
};

static void
test_labels (void)
{
  g_autofree char *two = metrics_make_labels ("a", "1", "b", NULL, "c", "\"", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++) {
    g_autofree char *found = metrics_make_labels ("a", labels[i].value, NULL);

    g_assert_cmpstr (found, ==, labels[i].expected);
  }
  g_assert_cmpstr (two, ==, "a=\"1\",b=\"\",c=\"\\\"\"");
}

/* --- numbers ------------------------------------------------------------------- */

static const struct {
  guint64 ns;
  const char *expected;
} times[] = {
  { 0, "b 0.0\n# EOF\n" },
  { 1, "b 0.000000001\n# EOF\n" },
  { 5000000, "b 0.005\n# EOF\n" },
  { 1000000000, "b 1.0\n# EOF\n" },
  { 10000000000, "b 10.0\n# EOF\n" },
  { 1796112622050000000, "b 1796112622.05\n# EOF\n" },
  { G_MAXUINT64, "b 18446744073.709551615\n# EOF\n" },
};

static void
test_times (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    MetricsText *text = metrics_text_new (METRICS_OPENMETRICS);
    g_autofree char *expected =
        g_strconcat ("# TYPE b gauge\n# HELP b Things.\n", times[i].expected, NULL);

    metrics_text_begin (text, &gauge);
    metrics_text_add_time (text, NULL, NULL, times[i].ns);
    assert_text (text, expected);
  }
}

/* --- families ------------------------------------------------------------------ */

static MetricsText *
write_all (MetricsFormat format)
{
  static const guint64 bounds[] = { 5000000, 1000000000 }, counts[] = { 2, 0, 3 };
  MetricsText *text = metrics_text_new (format);

  metrics_text_begin (text, &counter);
  metrics_text_add_time (text, "x=\"1\"", "y=\"2\"", 1500000000);
  metrics_text_begin (text, &gauge);
  metrics_text_add (text, NULL, "y=\"2\"", G_MAXUINT64);
  metrics_text_begin (text, &info);
  metrics_text_add (text, "x=\"1\"", NULL, 1);
  metrics_text_begin (text, &histogram);
  metrics_text_add_histogram (text, "x=\"1\"", bounds, counts, G_N_ELEMENTS (bounds), 7250000000);
  return text;
}

#define SAMPLES_OF_HISTOGRAM                                                                       \
  "d_seconds_bucket{x=\"1\",le=\"0.005\"} 2\n"                                                     \
  "d_seconds_bucket{x=\"1\",le=\"1.0\"} 2\n"                                                       \
  "d_seconds_bucket{x=\"1\",le=\"+Inf\"} 5\n"                                                      \
  "d_seconds_count{x=\"1\"} 5\n"                                                                   \
  "d_seconds_sum{x=\"1\"} 7.25\n"

static void
test_openmetrics (void)
{
  assert_text (write_all (METRICS_OPENMETRICS),
      "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds Time.\n"
      "a_seconds_total{x=\"1\",y=\"2\"} 1.5\n"
      "# TYPE b gauge\n# HELP b Things.\n"
      "b{y=\"2\"} 18446744073709551615\n"
      "# TYPE c info\n# HELP c What.\n"
      "c_info{x=\"1\"} 1\n"
      "# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n# HELP d_seconds "
      "Delay.\n" SAMPLES_OF_HISTOGRAM "# EOF\n");
}

static void
test_prometheus (void)
{
  assert_text (write_all (METRICS_PROMETHEUS),
      "# TYPE a_seconds_total counter\n# HELP a_seconds_total Time.\n"
      "a_seconds_total{x=\"1\",y=\"2\"} 1.5\n"
      "# TYPE b gauge\n# HELP b Things.\n"
      "b{y=\"2\"} 18446744073709551615\n"
      "# TYPE c_info gauge\n# HELP c_info What.\n"
      "c_info{x=\"1\"} 1\n"
      "# TYPE d_seconds histogram\n# HELP d_seconds Delay.\n" SAMPLES_OF_HISTOGRAM);
}

int
main (int argc, char **argv)
{
  static const char *const locales[] = { "de_DE.UTF-8", "pt_BR.UTF-8", "fr_FR.UTF-8" };

  /* a comma instead of the point, where there is such a locale */
  for (guint i = 0; i < G_N_ELEMENTS (locales); i++)
    if (setlocale (LC_ALL, locales[i]))
      break;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/labels", test_labels);
  g_test_add_func ("/metrics/times", test_times);
  g_test_add_func ("/metrics/openmetrics", test_openmetrics);
  g_test_add_func ("/metrics/prometheus", test_prometheus);
  return g_test_run ();
}
