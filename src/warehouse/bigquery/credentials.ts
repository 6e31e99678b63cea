/** Google's application default credentials, looked at for `doctor`. */
import { GoogleAuth } from 'google-auth-library';
import { failed, type Observation, ok, told } from '../../doctor/port.js';

const LOGIN = 'gcloud auth application-default login';
const SCOPES = ['https://www.googleapis.com/auth/bigquery'];

/** Whether there are credentials, and Google gives a token for them. The token is thrown away. */
export async function credentials(): Promise<Observation> {
  const auth = new GoogleAuth({ scopes: SCOPES });
  try {
    await auth.getClient();
  } catch (error) {
    return failed(`none were found: ${firstLine(error)}`, LOGIN);
  }
  try {
    await auth.getAccessToken();
  } catch (error) {
    return failed(`Google gives no token for those that were found: ${firstLine(error)}`, LOGIN);
  }
  const { client_email: email } = await auth.getCredentials().catch(() => ({ client_email: undefined }));
  return ok(email ? `of ${email}` : 'of a user');
}

const firstLine = (error: unknown): string =>
  told({ message: String((error as Error).message).split('\n', 1)[0] ?? '' }).slice(0, 200);
