package io.heddle.evidence.reactive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.heddle.testing.LeakChecked;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.ITestContext;
import org.testng.ITestListener;
import org.testng.ITestResult;
import org.testng.TestNG;

/**
 * What the Technology Compatibility Kit of Reactive Streams says of our publishers and subscribers.
 * The kit's tests are TestNG's, which is started here. They leave subscriptions open and channels
 * unread, and with them the goroutines that serve these.
 */
@Timeout(300)
@Tag("slow")
@Tag("clock")
@LeakChecked(ignoring = {"ReceiverPublisher", "Feed", "ReceiverPublisherTck", "FeedWhiteboxTck"})
final class ReactiveStreamsTest {
  /** How long the kit waits for a signal that has to come. */
  private static final long SIGNAL_MILLIS = 10_000;

  /** How long it watches for a signal that must not come, in each of many tests. */
  private static final long SILENCE_MILLIS = 25;

  /** How long it waits for the references to a cancelled subscriber to be dropped. */
  static final long GONE_MILLIS = 2_000;

  /** How many tests of the kit have to pass, lest a change of the kit goes unnoticed. */
  private static final int OF_PUBLISHERS = 28;

  private static final int OF_SUBSCRIBERS_FROM_OUTSIDE = 11;
  private static final int OF_SUBSCRIBERS_FROM_INSIDE = 14;

  static TestEnvironment environment() {
    return new TestEnvironment(SIGNAL_MILLIS, SILENCE_MILLIS, SILENCE_MILLIS);
  }

  /** The results of a test kit. The kit skips rules that it has no test for. */
  private static final class Results implements ITestListener {
    final List<String> passed = new ArrayList<>();
    final List<String> failed = new ArrayList<>();
    final List<String> skipped = new ArrayList<>();

    @Override
    public void onTestSuccess(ITestResult result) {
      passed.add(result.getName());
    }

    @Override
    public void onTestFailure(ITestResult result) {
      failed.add(result.getName() + ": " + result.getThrowable());
    }

    @Override
    public void onTestSkipped(ITestResult result) {
      if (!result.getName().startsWith("untested_")) {
        skipped.add(result.getName());
      }
    }

    @Override
    public void onFinish(ITestContext context) {
      context
          .getFailedConfigurations()
          .getAllResults()
          .forEach(result -> failed.add(result.getName() + ": " + result.getThrowable()));
    }
  }

  private static Results run(Class<?> kit) {
    Results results = new Results();
    TestNG testng = new TestNG(false);
    testng.setTestClasses(new Class<?>[] {kit});
    testng.addListener(results);
    testng.setVerbose(0);
    testng.run();
    return results;
  }

  /** The values go to one subscriber each, and not, as is optional, all to every subscriber. */
  @Test
  void thePublisherOfAChannelKeepsTheRules() {
    Results results = run(ReceiverPublisherTck.class);
    assertEquals(List.of(), results.failed);
    assertEquals(
        List.of(),
        results.skipped.stream()
            .filter(name -> !name.startsWith("optional_spec111_multicast_"))
            .toList());
    assertEquals(OF_PUBLISHERS, results.passed.size());
  }

  @Test
  void theSubscriberOfAFeedKeepsTheRulesThatShowFromOutside() {
    Results results = run(FeedBlackboxTck.class);
    assertEquals(List.of(), results.failed);
    assertEquals(List.of(), results.skipped);
    assertEquals(OF_SUBSCRIBERS_FROM_OUTSIDE, results.passed.size());
  }

  @Test
  void theSubscriberOfAFeedKeepsTheRulesThatShowInside() {
    Results results = run(FeedWhiteboxTck.class);
    assertEquals(List.of(), results.failed);
    assertEquals(List.of(), results.skipped);
    assertEquals(OF_SUBSCRIBERS_FROM_INSIDE, results.passed.size());
  }

  @Test
  void theKitFindsAPublisherThatHeedsNoDemand() {
    assertNotEquals(List.of(), run(GreedyTck.class).failed);
  }
}
