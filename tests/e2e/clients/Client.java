import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** java.net.http, as an app uses it: its default offers h2c when there is no proxy. */
public final class Client {
  public static void main(String[] args) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(args[0])).build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    System.out.print(response.statusCode() + "\n" + response.body());
  }
}
