package reports;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A service that counts the rows of queries. */
@SpringBootApplication
public class Reports {
  public static void main(String[] args) {
    SpringApplication.run(Reports.class, args);
  }
}
